-- A table of rows of 2 kB, without its key. Parameter: name.
create table :"name" (
  id bigint not null,
  title text not null,
  body text not null,
  payload jsonb not null
);
