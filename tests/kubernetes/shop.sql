-- Two tables, and a view that can't be read to its end while somebody holds the advisory lock 7, so that there is time to
-- kill who reads it.
create table customers (id int primary key, name text not null);
insert into customers select n, 'customer ' || n from generate_series(1, 20000) n;

create table orders (
  id int primary key,
  customer_id int not null,
  amount numeric(10, 2) not null,
  updated_at timestamptz not null
);
insert into orders
  select n, n % 20000 + 1, n / 100.0, '2026-01-01'::timestamptz + n * interval '1 minute'
  from generate_series(1, 200000) n;

create function gate() returns boolean language plpgsql
  as $$ begin perform pg_advisory_xact_lock_shared(7); return true; end $$;

create view gated as
  select n as id, md5(n::text) as text from generate_series(1, 10000) n where n <> 5000 or gate();
