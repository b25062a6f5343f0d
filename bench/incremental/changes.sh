#!/usr/bin/env bash
# What benchmarks of changes share, for scripts that source bench/harness.sh and this file, and set rows.
# shellcheck disable=SC2034,SC2154

# configure DATABASE TABLE...
configure() {
  {
    echo "name: bench"
    echo "source: {postgres: {url: '$(cluster_url "$source_dir" "$1")'}}"
    echo "destination: {postgres: {url: '$(cluster_url "$destination_dir" "$1")'}}"
    echo "streams:"
    printf '  - {stream: public.%s, method: INCREMENTAL, replication_key: updated_at}\n' "${@:2}"
  } >"$work/$1.yaml"
}

# fill_changes COMMAND...: a table of $rows rows of which every tenth has changed since the command loaded it, as
# $work/changes.yaml says. Leaves in $bookmark what the load has reached.
fill_changes() {
  source_psql postgres -c 'create database changes'
  destination_psql postgres -c 'create database changes'
  fill changes mixed "$rows"
  source_psql changes -c "update mixed set updated_at = timestamptz '2025-01-01 00:00+00' + id * interval '1 second'" \
    -c 'alter table mixed alter column updated_at set not null' -c 'vacuum full mixed' \
    -c 'create index on mixed (updated_at)' -c 'vacuum (freeze, analyze) mixed'
  configure changes mixed
  try "$@"
  bookmark=$(destination_psql changes -c 'select bookmark from _lockstitch.streams')
  destination_psql postgres -c 'alter database changes rename to loaded'
  source_psql changes -c "update mixed set amount = amount + 1, updated_at = timestamptz '2026-01-01 00:00+00' + id *
    interval '1 millisecond' where id % 10 = 0" -c 'vacuum (freeze, analyze) mixed'
}

# The destination as the first load left it.
back_to_first_load() {
  destination_psql postgres -c 'set client_min_messages = warning' \
    -c 'drop database if exists changes with (force)' \
    -c 'create database changes template loaded strategy file_copy'
}

expect_changes() {
  expect changes "select count(*), count(*) filter (where updated_at >= '2026-01-01') from bench.mixed" \
    "$rows|$((rows / 10))"
}
