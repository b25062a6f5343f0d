-- A day of the web shop: a thousand orders get on, five hundred are new.
begin;
update orders set status = 'delivered', history = history || 'delivered'::order_status where id % 150 = 0;
insert into orders (id, customer_id, status, history, placed_at)
select 150000 + n, n, 'placed', array['placed']::order_status[], now() from generate_series(1, 500) n;
commit;
