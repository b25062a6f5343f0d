-- Fills the wide table, texts made of hashes of the row's number: each row fits into a page, uncompressed. Parameters:
-- name, rows.
insert into :"name"
select
  n,
  'Article ' || n,
  (select string_agg(md5(n || '/' || i), ' ') from generate_series(1, 30) i),
  (select jsonb_object_agg('field_' || i, md5(n || ':' || i)) from generate_series(1, 20) i)
from generate_series(1, :rows) n;

alter table :"name" add primary key (id);
vacuum (freeze, analyze) :"name";
