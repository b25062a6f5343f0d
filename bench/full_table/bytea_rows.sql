-- Fills the table of large values: 1 MB each, which nothing can compress. Parameters: name, rows.
insert into :"name"
select n, (select string_agg(sha512((n || '/' || i)::bytea), '') from generate_series(1, 15625) i)
from generate_series(1, :rows) n;

alter table :"name" add primary key (id);
vacuum (freeze, analyze) :"name";
