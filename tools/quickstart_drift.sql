-- A month of the web shop's development: six changes of its schema, and a day's orders after them.
begin;
alter table orders add column channel text not null default 'web';
alter table orders drop column delivery_window;
alter table orders rename column note to remark;
alter table orders alter column voucher type varchar(40);
alter table orders alter column history type text using array_to_string(history, ' > ');
alter table products alter column stock type text using stock || ' pieces';
commit;

-- Seen by their updated_at.
update orders set remark = 'called back', channel = 'phone' where id % 300 = 0;
insert into orders (id, customer_id, status, history, placed_at, voucher, channel)
select 151000 + n, n, 'placed', 'placed', now(), 'a-voucher-of-another-campaign', 'shop'
from generate_series(1, 200) n;
