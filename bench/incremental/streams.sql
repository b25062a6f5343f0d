-- Small tables that change row by row. Parameter: streams.
create procedure pg_temp.make(first int, last int) language plpgsql as $$
begin
  for n in first..last loop
    execute format(
      'create table stream_%s (id bigint primary key, name text not null, price numeric(12, 2), active boolean not null,
                               payload jsonb, updated_at timestamptz not null)', n);
    execute format(
      $insert$insert into stream_%s
       select i, 'name ' || i, i / 7.0, i %% 2 = 0, jsonb_build_object('n', i), timestamptz '2025-01-01 00:00+00' + i * interval '1 second'
       from generate_series(1, 100) i$insert$, n);
    execute format('create index on stream_%s (updated_at)', n);
    -- In pieces, since every table keeps locks to the end of its transaction.
    if n % 100 = 0 then commit; end if;
  end loop;
end $$;
call pg_temp.make(1, :streams);
vacuum (freeze, analyze);
