-- A table of two integers, without its key. Parameter: name.
create table :"name" (
  id int not null,
  value int not null
);
