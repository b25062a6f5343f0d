#!/usr/bin/env bash
# Throwaway PostgreSQL clusters for scripts that source this file:
#
#   start_cluster [SETTING=VALUE]...   starts one, reachable by Unix socket only, unless listen_addresses and port say
#                                      otherwise; its folder is then in CLUSTER_DIR
#   cluster_url DIR DATABASE           prints the connection URL of a database in it
#   cluster_port DIR                   prints its port
#   cluster_psql DIR DATABASE [ARG]... psql that stops at the first error and prints bare values
#   stop_clusters                      stops and removes what this script started
#
# stop_clusters is the EXIT trap from here on, which bash also runs on INT and TERM; a script may set its own instead.
# Clusters that a script left running are stopped and removed with
#
#   tools/throwaway_cluster.sh DIR...

# A user's own PGPORT, PGOPTIONS or PGSERVICE would lead elsewhere.
unset "${!PG@}"

CLUSTER_DIR=
postgres_bin=
cluster_dirs=()

find_postgres() {
  local newest
  newest=$(printf '%s\n' /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)
  if [[ ! -x $newest ]]; then
    echo "No PostgreSQL server under /usr/lib/postgresql; tools/setup installs one." >&2
    return 1
  fi
  postgres_bin=${newest%/postgres}
}

cluster_owner() {
  if ((EUID != 0)); then
    id -un
  elif id postgres &>/dev/null; then
    echo postgres
  else
    echo nobody
  fi
}

# Runs a PostgreSQL program as the clusters' owner: postgres refuses to run as root.
as_cluster_owner() {
  local owner
  owner=$(cluster_owner)
  local as=()
  if ((EUID == 0)); then
    as=(setpriv "--reuid=$owner" "--regid=$(id -g "$owner")" --clear-groups)
  fi
  # The owner may not be allowed to enter the current folder.
  (cd / && "${as[@]}" "$postgres_bin/$1" "${@:2}")
}

start_cluster() {
  find_postgres
  # Short, because a socket's path may have 107 bytes, and on disk also where /tmp is memory.
  CLUSTER_DIR=$(mktemp -d /var/tmp/lockstitch.XXXXXX)
  cluster_dirs+=("$CLUSTER_DIR")
  chown "$(cluster_owner)" "$CLUSTER_DIR"

  local data=$CLUSTER_DIR/data log=$CLUSTER_DIR/log
  as_cluster_owner initdb --pgdata="$data" --username=lockstitch --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
    --no-sync >/dev/null
  printf "%s = '%s'\n" listen_addresses '' unix_socket_directories "$CLUSTER_DIR" >>"$data/postgresql.conf"
  local setting
  for setting in "$@"; do
    printf "%s = '%s'\n" "${setting%%=*}" "${setting#*=}" >>"$data/postgresql.conf"
  done
  if ! as_cluster_owner pg_ctl start --silent --wait --pgdata="$data" --log="$log" >/dev/null; then
    cat "$log" >&2
    return 1
  fi
}

cluster_url() {
  echo "postgresql:///$2?host=$1&port=$(cluster_port "$1")&user=lockstitch"
}

# The socket's name has it too.
cluster_port() {
  sed -n 4p "$1/data/postmaster.pid"
}

cluster_psql() {
  "$postgres_bin/psql" --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 \
    --dbname="$(cluster_url "$1" "$2")" "${@:3}"
}

stop_cluster() {
  if [[ -f $1/data/postmaster.pid ]]; then
    as_cluster_owner pg_ctl stop --silent --wait --mode=immediate --pgdata="$1/data" || true
  fi
  rm -rf -- "$1"
}

stop_clusters() {
  local dir
  for dir in "${cluster_dirs[@]}"; do
    stop_cluster "$dir"
  done
  cluster_dirs=()
}

trap stop_clusters EXIT

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  set -euo pipefail
  find_postgres
  for dir in "$@"; do
    if [[ ! -f $dir/data/PG_VERSION ]]; then
      echo "$dir: not a throwaway cluster" >&2
      exit 1
    fi
    stop_cluster "$dir"
  done
fi
