-- The measured table, without its key. Parameter: name.
create table :"name" (
  id bigint not null,
  account int not null,
  kind smallint,
  amount numeric(12, 2) not null,
  ratio double precision,
  token uuid not null,
  active boolean not null,
  created_at timestamptz not null,
  updated_at timestamptz,
  code text not null,
  remark text,
  payload jsonb,
  measures int[]
);
