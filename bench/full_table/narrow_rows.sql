-- Fills the table of two integers. Parameters: name, rows.
insert into :"name" select n, hashint8(n) from generate_series(1, :rows) n;

alter table :"name" add primary key (id);
vacuum (freeze, analyze) :"name";
