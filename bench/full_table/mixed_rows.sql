-- Fills the measured table, each value a hash of its row's number. Parameters: name, rows.
create function pg_temp.roll(n bigint, salt int, sides int) returns int
  language sql immutable parallel safe
  as $$ select ((hashint8extended(n, salt) & 2147483647) % sides)::int $$;

insert into :"name"
select
  n,
  pg_temp.roll(n, 1, 1000000),
  nullif(pg_temp.roll(n, 2, 20), 0),
  pg_temp.roll(n, 3, 100000000) / 100.0,
  case when pg_temp.roll(n, 4, 8) > 0 then pg_temp.roll(n, 5, 1000000) / 7.0 end,
  md5(n::text)::uuid,
  pg_temp.roll(n, 6, 2) = 0,
  timestamptz '2024-01-01 00:00+00' + n * interval '10 seconds',
  case when pg_temp.roll(n, 7, 3) = 0 then timestamptz '2025-01-01 00:00+00' + n * interval '1 second' end,
  'C-' || pg_temp.roll(n, 8, 100000),
  case when pg_temp.roll(n, 9, 3) > 0 then left('lorem ipsum dolor sit amet, consectetur', pg_temp.roll(n, 10, 30)) end,
  case when pg_temp.roll(n, 11, 10) > 0 then jsonb_build_object('n', pg_temp.roll(n, 12, 1000), 'tag', 'x') end,
  case when pg_temp.roll(n, 13, 4) = 0 then array[n::int, pg_temp.roll(n, 14, 100)] end
from generate_series(1, :rows) n;

alter table :"name" add primary key (id);
-- Otherwise the first reader would pay for the visibility bits.
vacuum (freeze, analyze) :"name";
