#!/usr/bin/env bash
# Runs the commands of the pages that are given, page by page and in each in its order, and fails on blocks with
# commands that say neither how they are run nor why not. page_script.py tells how a block says so.
#
# Each page has an empty folder as its home and working folder, SOURCE and DESTINATION (and with _URL behind) as URLs of
# a database with a tenth of the quickstart's shop and of an empty one, their clusters' folders as SOURCE_DIR and
# DESTINATION_DIR, the checkout as REPOSITORY, and `lockstitch` in its PATH, where `up` listens at a socket of the
# page's own.
set -euo pipefail
# shellcheck source=tools/throwaway_cluster.sh
source tools/throwaway_cluster.sh

export REPOSITORY=$PWD
# Short, because a socket's path may have 107 bytes.
sandbox=$(mktemp -d /var/tmp/docs.XXXXXX)
# The private cluster of `up` belongs to another user where this one is root.
chmod 755 "$sandbox"
trap 'stop_clusters; rm -rf -- "$sandbox"' EXIT

make_command() {
  mkdir "$sandbox/bin"
  cat >"$sandbox/bin/lockstitch" <<END
#!/usr/bin/env bash
case \${1-} in
  up) set -- "\$@" --listen "unix:\$HOME/api" --metrics-listen 127.0.0.1:0 ;;
  apply | export | integration | jobs | logs | report | run | stop | streams | usage)
    export LOCKSTITCH_SERVER=unix:\$HOME/api ;;
esac
exec "$REPOSITORY/cli/lockstitch" "\$@"
END
  chmod +x "$sandbox/bin/lockstitch"
}

make_shop() {
  cluster_psql "$source_dir" postgres -c 'CREATE DATABASE a_tenth'
  sed -E 's/\b(5|15|40|2|50)(0*)0000\b/\1\2000/g; s/\b5000\b/500/g' "$REPOSITORY/tools/quickstart_shop.sql" |
    cluster_psql "$source_dir" a_tenth
}

# Of a cluster: its folder, the database's name, its template.
remake_database() {
  cluster_psql "$1" postgres -c 'SET client_min_messages = warning' -c "DROP DATABASE IF EXISTS $2 WITH (FORCE)" \
    -c "CREATE DATABASE $2 TEMPLATE $3"
}

# Calls of what page_script.py prints.

command_begins() {
  place=$1 command=$2
  commands=$((commands + 1))
}

command_ends() {
  local status=$1 wanted=$2 mode=$3 expected=$4
  local difference=
  if [[ $status != "$wanted" ]]; then
    difference="exit status $status, not $wanted; it printed:
$(cat "$OUTPUT")"
  elif [[ $mode != any ]]; then
    difference=$(python3 "$REPOSITORY/tests/docs/compare_output.py" "$mode" "$expected" "$(<"$OUTPUT")") || true
  fi
  if [[ -n $difference ]]; then
    printf '%s: %s\n%s\n' "$place" "$command" "$difference" >&2
    failures=$((failures + 1))
  fi
}

end_page() {
  local left
  left=$(jobs -p)
  # shellcheck disable=SC2086
  [[ -z $left ]] || { kill $left && wait; } 2>/dev/null || true
}

run_page() (
  page=$1
  commands=0 failures=0
  export HOME
  HOME=$(mktemp -d "$sandbox/page.XXX")
  chmod 755 "$HOME"
  script=$(mktemp -d "$sandbox/script.XXX")
  OUTPUT=$script/output
  python3 "$REPOSITORY/tests/docs/page_script.py" "$page" "$HOME" >"$script/commands" || exit 1

  if ! grep -q '^command_begins' "$script/commands"; then
    printf '%s: no commands to run\n' "$page"
    exit
  fi

  remake_database "$source_dir" shop a_tenth
  remake_database "$destination_dir" warehouse template1
  export PATH=$sandbox/bin:$postgres_bin:$PATH
  export SOURCE_DIR=$source_dir DESTINATION_DIR=$destination_dir
  SOURCE=$(cluster_url "$source_dir" shop) DESTINATION=$(cluster_url "$destination_dir" warehouse)
  export SOURCE DESTINATION SOURCE_URL=$SOURCE DESTINATION_URL=$DESTINATION
  cd "$HOME"
  trap end_page EXIT
  # shellcheck disable=SC1091
  source "$script/commands" || failures=$((failures + 1))
  printf '%s: %s commands\n' "$page" "$commands"
  exit $((failures > 0))
)

make_command
start_cluster fsync=off
source_dir=$CLUSTER_DIR
start_cluster fsync=off
destination_dir=$CLUSTER_DIR
make_shop

failed=()
for page; do
  run_page "$page" || failed+=("$page")
done
if ((${#failed[@]} > 0)); then
  printf 'failed: %s\n' "${failed[*]}" >&2
  exit 1
fi
