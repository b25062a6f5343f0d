-- A table of large values, without its key. Parameter: name.
create table :"name" (
  id int not null,
  content bytea not null
);
