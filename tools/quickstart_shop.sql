-- A small web shop of about a million rows, the same rows on every machine: each value is a hash of its row's number,
-- nothing comes from a clock or a random source.

begin;

-- A number from 0 to sides - 1 for row n; salt tells the columns apart.
create function pg_temp.roll(n bigint, salt int, sides int) returns int
  language sql immutable parallel safe
  as $$ select ((hashint8extended(n, salt) & 2147483647) % sides)::int $$;

create type order_status as enum ('placed', 'paid', 'packed', 'shipped', 'delivered', 'returned', 'cancelled');
create type event_kind as enum ('visit', 'view', 'search', 'add_to_cart', 'checkout', 'purchase');
create type postal_address as (street text, postcode text, city text, country char(2));
create domain email_address as text check (value like '%_@_%');

create table customers (
  id bigint primary key,
  email email_address not null unique,
  name text not null,
  address postal_address,
  born_on date,
  member_until date,
  interests text[] not null,
  preferences jsonb not null,
  newsletter boolean not null,
  referred_by bigint,
  created_at timestamptz not null
);

create table products (
  id int primary key,
  sku char(10) not null unique,
  name varchar(80) not null,
  price numeric(10, 2) not null,
  former_prices numeric(10, 2)[],
  weight_kg double precision,
  rating real,
  stock smallint not null,
  delivery_time interval not null,
  attributes jsonb not null,
  thumbnail bytea,
  discontinued_on date
);

create table orders (
  id bigint primary key,
  customer_id bigint not null,
  status order_status not null,
  history order_status[] not null,
  placed_at timestamptz not null,
  delivery_window tstzrange,
  ship_to postal_address,
  voucher varchar(12),
  note text,
  updated_at timestamptz not null default now()
);

create table order_items (
  order_id bigint,
  line smallint,
  product_id int not null,
  quantity int not null,
  unit_price numeric(10, 2) not null,
  discount numeric,
  gift_wrapped boolean,
  primary key (order_id, line)
);

create table events (
  id bigint primary key,
  kind event_kind not null,
  customer_id bigint,
  product_id int,
  session uuid not null,
  address inet,
  payload jsonb,
  local_time timestamp not null,
  happened_at timestamptz not null
);

-- Written by a search box that nobody gave a key: rows may repeat.
create table searches (
  words text,
  results int,
  took interval,
  day date
);

insert into customers
select
  n,
  format('%s.%s@example.%s', lower(first), n, (array['com', 'org', 'net'])[1 + pg_temp.roll(n, 1, 3)]),
  first || ' ' || (array['Ahmed', 'Bianchi', 'Dvořák', 'García', 'Müller', 'Nakamura 中村', 'Okafor', 'O''Neill',
                         'Smith', 'Sørensen', 'Wójcik', 'Δημητρίου'])[1 + pg_temp.roll(n, 2, 12)],
  case when pg_temp.roll(n, 3, 10) > 0 then
    row(format('%s "Mill" Street', 1 + pg_temp.roll(n, 4, 250)), to_char(pg_temp.roll(n, 5, 100000), 'FM00000'),
        (array['Amsterdam', 'København', 'Kraków', 'Lisboa', 'Ōsaka', 'Zürich'])[1 + pg_temp.roll(n, 6, 6)],
        (array['NL', 'DK', 'PL', 'PT', 'JP', 'CH'])[1 + pg_temp.roll(n, 6, 6)])::postal_address
  end,
  case when pg_temp.roll(n, 7, 4) > 0 then date '1940-01-01' + pg_temp.roll(n, 8, 25000) end,
  case pg_temp.roll(n, 9, 20) when 0 then 'infinity' when 1 then date '2025-01-01' + pg_temp.roll(n, 10, 365) end,
  (array['books', 'garden', 'music', 'tea', 'travel'])[1 + pg_temp.roll(n, 11, 5):1 + pg_temp.roll(n, 12, 5)],
  jsonb_build_object('language', (array['en', 'de', 'pl', 'ja'])[1 + pg_temp.roll(n, 13, 4)],
                     'dark', pg_temp.roll(n, 14, 2) = 0, 'page_size', 10 * (1 + pg_temp.roll(n, 15, 10))),
  pg_temp.roll(n, 16, 3) = 0,
  case when n > 100 and pg_temp.roll(n, 17, 5) = 0 then 1 + pg_temp.roll(n, 18, n::int - 1) end,
  timestamptz '2023-01-01 00:00+00' + n * interval '20 minutes'
    + pg_temp.roll(n, 19, 1000000) * interval '1 millisecond'
from generate_series(1, 50000) n,
  lateral (select (array['Ada', 'Björn', 'Chidi', 'Dilek', 'Ewa', 'Fatima', 'Grace', 'Hiro', 'Inés', 'José', 'Zoë'])
                  [1 + pg_temp.roll(n, 20, 11)] as first) names;

insert into products
select
  n,
  'SKU' || to_char(n, 'FM0000000'),
  (array['Blue', 'Copper', 'Folding', 'Heavy', 'Quiet', 'Tiny', 'Woollen'])[1 + pg_temp.roll(n, 1, 7)] || ' '
    || (array['bicycle', 'clock', 'kettle', 'lamp', 'notebook', 'scarf', 'teapot'])[1 + pg_temp.roll(n, 2, 7)],
  (100 + pg_temp.roll(n, 3, 50000)) / 100.0,
  case when pg_temp.roll(n, 4, 3) > 0 then
    array[(100 + pg_temp.roll(n, 5, 60000)) / 100.0, (100 + pg_temp.roll(n, 6, 70000)) / 100.0]
  end,
  case when pg_temp.roll(n, 7, 8) > 0 then pg_temp.roll(n, 8, 100000) / 3000.0 end,
  case pg_temp.roll(n, 9, 12) when 0 then null when 1 then 'NaN' else 1 + pg_temp.roll(n, 10, 41) / 10.0 end,
  pg_temp.roll(n, 11, 500),
  pg_temp.roll(n, 12, 14) * interval '1 day' + pg_temp.roll(n, 13, 24) * interval '1 hour',
  jsonb_build_object('colour', (array['red', 'green', 'blue', null])[1 + pg_temp.roll(n, 14, 4)],
                     'size', jsonb_build_array(pg_temp.roll(n, 15, 90), pg_temp.roll(n, 16, 90))),
  case when pg_temp.roll(n, 17, 2) = 0 then sha256(int8send(n)) end,
  case when pg_temp.roll(n, 18, 25) = 0 then date '2024-01-01' + pg_temp.roll(n, 19, 365) end
from generate_series(1, 5000) n;

insert into orders
select
  n,
  1 + pg_temp.roll(n, 1, 50000),
  history[cardinality(history)],
  history,
  placed_at,
  case when pg_temp.roll(n, 2, 3) > 0 then
    tstzrange(placed_at + interval '1 day', placed_at + pg_temp.roll(n, 3, 9) * interval '1 day' + interval '30 hours')
  end,
  case when pg_temp.roll(n, 4, 6) = 0 then
    row('Parcel shop ' || pg_temp.roll(n, 5, 900), null, 'Kraków', 'PL')::postal_address
  end,
  case when pg_temp.roll(n, 6, 9) = 0 then 'SAVE' || pg_temp.roll(n, 7, 50) end,
  case pg_temp.roll(n, 8, 15)
    when 0 then 'Please ring twice.'
    when 1 then E'Leave at no. 7,\n"the blue door"'
    when 2 then ''
  end,
  placed_at + cardinality(history) * interval '1 day'
from generate_series(1, 150000) n,
  lateral (select
    timestamptz '2023-06-01 00:00+00' + n * interval '6 minutes' as placed_at,
    (array['placed', 'paid', 'packed', 'shipped', 'delivered', 'returned']::order_status[])[1:1 + pg_temp.roll(n, 9, 6)]
      || (case when pg_temp.roll(n, 10, 30) = 0 then array['cancelled']::order_status[] end) as history) life;

insert into order_items
select
  n,
  line,
  1 + pg_temp.roll(n, line, 5000),
  1 + pg_temp.roll(n, 10 + line, 5),
  (100 + pg_temp.roll(n, 20 + line, 50000)) / 100.0,
  case when pg_temp.roll(n, 30 + line, 4) = 0 then pg_temp.roll(n, 40 + line, 100) / 300.0 end,
  case pg_temp.roll(n, 50 + line, 10) when 0 then true when 1 then false end
from generate_series(1, 150000) n, generate_series(1, 1 + pg_temp.roll(n, 60, 4)) line;

insert into events
select
  n,
  (enum_range(null::event_kind))[1 + least(pg_temp.roll(n, 1, 6), pg_temp.roll(n, 2, 6))],
  case when pg_temp.roll(n, 3, 3) > 0 then 1 + pg_temp.roll(n, 4, 50000) end,
  case when pg_temp.roll(n, 5, 2) = 0 then 1 + pg_temp.roll(n, 6, 5000) end,
  md5((n / 8)::text)::uuid,
  case pg_temp.roll(n, 7, 5)
    when 0 then null
    when 1 then '2001:db8::'::inet + pg_temp.roll(n, 8, 1000000)
    else '10.0.0.0'::inet + pg_temp.roll(n, 8, 1000000)
  end,
  case when pg_temp.roll(n, 9, 4) > 0 then
    jsonb_build_object('path', '/products/' || pg_temp.roll(n, 10, 5000), 'ms', pg_temp.roll(n, 11, 90000) / 100.0,
                       'tags', array['a/b', 'spring'])
  end,
  timestamp '2024-01-01 09:00' + n * interval '47 seconds',
  timestamptz '2024-01-01 00:00+00' + n * interval '47 seconds'
    + pg_temp.roll(n, 12, 1000000) * interval '1 microsecond'
from generate_series(1, 400000) n;

insert into searches
select
  (array['teapot', 'blue scarf', 'lamp', 'bicycle bell', 'ｋｅｔｔｌｅ', '', null])[1 + pg_temp.roll(n, 1, 7)],
  nullif(pg_temp.roll(n, 2, 40), 0),
  pg_temp.roll(n, 3, 900) * interval '1 millisecond',
  date '2024-01-01' + pg_temp.roll(n, 4, 60)
from generate_series(1, 20000) n;

-- After the rows: one join each instead of a lookup a row.
alter table customers add foreign key (referred_by) references customers;
alter table orders add foreign key (customer_id) references customers;
alter table order_items add foreign key (order_id) references orders, add foreign key (product_id) references products;
alter table events add foreign key (customer_id) references customers, add foreign key (product_id) references products;

-- What INCREMENTAL replication reads orders by: kept up to date by the server's clock, and found by an index.
create index on orders (updated_at);
create function touch() returns trigger language plpgsql as $$ begin new.updated_at := now(); return new; end $$;
create trigger touch before update on orders for each row execute function touch();

create view customer_value as
select
  orders.customer_id,
  count(distinct orders.id) as orders,
  sum(quantity * unit_price * (1 - coalesce(discount, 0))) as revenue,
  round(avg(unit_price), 4) as average_price,
  max(placed_at) as last_order_at,
  bool_or(status = 'returned') as ever_returned
from orders join order_items on order_items.order_id = orders.id
group by orders.customer_id;

commit;

-- Discovery shows the row counts that this estimates.
vacuum analyze;
