#!/usr/bin/env bash
# What the benchmarks share, for scripts that source tools/throwaway_cluster.sh and this file. Each defines usage, and
# the defaults of its flags before read_flags. $work is a folder of its own, which holds the results.
# shellcheck disable=SC2034,SC2154

declare -A pid=() address=()
services=(loader extractor discovery scheduler)
binaries=(cli/lockstitch services/{loader/loader,extractor/extractor,discovery/discovery,scheduler/scheduler})
bin=bazel-bin
scheduler_flags=()
write=()
profile=false
work=$(mktemp -d)
trap clean_up EXIT

clean_up() {
  stop_services
  stop_clusters
  rm -rf "$work"
}

say() { echo "$*" >&2; }
record() { (IFS=$'\t' && echo "$*" >>"$work/results"); }

wrong_usage() {
  usage >&2
  exit 2
}

# read_flags NAME... -- ARG...: sets the variable of each flag that is given, run_seconds for --run-seconds. Every
# script has --bin, --write and --help besides, those with pairs --profile.
read_flags() {
  local names=' --bin '
  while [[ $1 != -- ]]; do
    names+="--$1 "
    shift
  done
  shift
  while (($# > 0)); do
    case $1 in
      --write) write=(--write) ;;
      -h | --help) usage && exit ;;
      --profile)
        [[ -v pairs ]] || wrong_usage
        profile=true
        ;;
      *)
        [[ $names == *" $1 "* && $# -gt 1 ]] || wrong_usage
        local name=${1#--}
        declare -g "${name//-/_}=$2"
        shift
        ;;
    esac
    shift
  done
  if [[ -v pairs ]] && ((pairs < (${#write[@]} > 0 ? 6 : 2))); then wrong_usage; fi
}

# record_machine CLUSTER_DIR SETTING...
record_machine() {
  record fact settings "${*:2}"
  record fact postgresql "$(cluster_psql "$1" postgres -c 'show server_version')"
  record fact cores "$(nproc)"
  record fact processor "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
  record fact memory_kib "$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)"
  record fact filesystem "$(df --output=fstype "$1" | tail -n 1)"
  record fact kernel "$(uname -s) $(uname -r | cut -d- -f1)"
  record fact load "$(cut -d ' ' -f 1 /proc/loadavg)"
  record fact lockstitch "$("$bin/cli/lockstitch" version | head -n 1)"
  record fact commit "$(git rev-parse --short HEAD)"
}

# need_binaries PATH...
need_binaries() {
  local path
  for path; do
    if [[ ! -x $bin/$path ]]; then
      say "$bin/$path is missing; build it as --help says"
      exit 1
    fi
  done
}

postmaster_pid() { head -n 1 "$1/data/postmaster.pid"; }

# start_ends SETTING...: two clusters.
start_ends() {
  start_cluster "$@"
  source_dir=$CLUSTER_DIR
  start_cluster "$@"
  destination_dir=$CLUSTER_DIR
}

source_psql() { cluster_psql "$source_dir" "$@"; }
destination_psql() { cluster_psql "$destination_dir" "$@"; }

# fill DATABASE FORM ROWS [TABLE]: at the source.
fill() {
  source_psql "$1" -v name="${4:-$2}" -v rows="$3" \
    -f "bench/full_table/$2_table.sql" -f "bench/full_table/$2_rows.sql"
}

# write_sync NAME DATABASE TABLE RANGES [SYSTEM_COLUMNS]: $work/NAME.yaml, of a full sync to the destination's bench.
write_sync() {
  cat >"$work/$1.yaml" <<END
name: bench
system_columns: ${5:-NONE}
source: {postgres: {url: "$(cluster_url "$source_dir" "$2")"}}
destination: {postgres: {url: "$(cluster_url "$destination_dir" bench)"}}
streams: [{stream: public.$3, method: FULL_TABLE, ranges: $4}]
END
}

# So that at neither end anything is left to be written back.
checkpoint_ends() {
  source_psql postgres -c checkpoint
  destination_psql postgres -c checkpoint
}

# fresh_destination DATABASE: empty.
fresh_destination() {
  destination_psql postgres -c 'set client_min_messages = warning' -c "drop database if exists $1 with (force)" \
    -c "create database $1"
  checkpoint_ends
}

# expect DATABASE SQL ANSWER
expect() {
  local found
  found=$(destination_psql "$1" -c "$2")
  if [[ $found != "$3" ]]; then
    say "$1: $2 gives $found at the destination, not $3"
    exit 1
  fi
}

# expect_small_tables DATABASE TABLES: all of those that bench/incremental/streams.sql makes, with all of their rows.
expect_small_tables() {
  expect "$1" "
    select count(*), sum((xpath('//n/text()', query_to_xml('select count(*) n from bench.' || relname, false, false, '')))
                         [1]::text::bigint)
    from pg_class where relnamespace = 'bench'::regnamespace and relkind = 'r'" "$2|$((100 * $2))"
}

# try COMMAND: what it prints, and what services have logged, is shown only where it fails.
try() {
  if ! "$@" &>"$work/output"; then
    say "$* failed:"
    cat "$work"/*.log "$work/output" >&2 || true
    exit 1
  fi
}

# measure COMMAND: leaves its seconds in $seconds.
trying=try
measure() {
  local start=${EPOCHREALTIME//[!0-9]/}
  "$trying" "$@"
  local microseconds=$((${EPOCHREALTIME//[!0-9]/} - start))
  seconds=$((microseconds / 1000000)).$(printf %06d $((microseconds % 1000000)))
}

# One run of a kind, as alternate wants it; a script that has something to do before or after it has one of its own.
timed() { measure "$1"; }

# try_in_sight COMMAND: tries it while perf watches all of the machine.
try_in_sight() {
  rm -f "$work/perf.data"
  perf record --all-cpus --quiet --output="$work/perf.data" 2>/dev/null &
  pid[perf]=$!
  until [[ -s $work/perf.data ]]; do sleep 0.01; done
  try "$@"
  kill "${pid[perf]}"
  wait "${pid[perf]}" || true
  unset 'pid[perf]'
}

# record_profile KIND: a run of it that doesn't count, for what took the time of each process meanwhile.
record_profile() {
  if ! perf record --all-cpus --quiet --output="$work/perf.data" true &>/dev/null; then
    say "no profile: perf is not installed, or may not watch the machine"
    return
  fi
  local trying=try_in_sight servers=() end dir
  for end in source destination; do
    dir=${end}_dir
    if [[ -v $dir ]]; then servers+=("$(postmaster_pid "${!dir}")=$end"); fi
  done
  timed "$1"
  perf script --input="$work/perf.data" -F comm,pid,tid,period,ip,sym,dso --show-task-events 2>/dev/null |
    bench/topmost_symbols "$1" "${servers[@]}" >>"$work/results"
  say "profile  $1"
}

# alternate KIND...: a run of each that doesn't count, then so many pairs of them, every second one in reverse; with
# --profile one of the first besides.
alternate() {
  local pair kind order=() reverse=()
  for kind in "$@"; do
    timed "$kind"
    say "warm-up  $kind  $seconds s"
    reverse=("$kind" "${reverse[@]}")
  done
  for ((pair = 1; pair <= pairs; pair++)); do
    order=("$@")
    if ((pair % 2 == 0)); then order=("${reverse[@]}"); fi
    for kind in "${order[@]}"; do
      timed "$kind"
      record run "$kind" "$pair" "$seconds"
      say "pair $pair  $kind  $seconds s"
    done
  done
  if $profile; then record_profile "$1"; fi
}

free_port() {
  local port
  while port=$((RANDOM % 20000 + 12000)) && (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}

# launch NAME COMMAND: how a service is started; a script that measures it by other means has one of its own.
launch() { exec "${@:2}"; }

# start_service NAME [ARG]...
start_service() {
  local port binary=$bin/services/$1/$1
  port=$(free_port)
  launch "$1" "$binary" --listen="127.0.0.1:$port" --metrics-listen="127.0.0.1:$(free_port)" "${@:2}" \
    &>"$work/$1.log" &
  pid[$1]=$!
  address[$1]=127.0.0.1:$port
  until (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    if ! kill -0 "${pid[$1]}" 2>/dev/null; then
      say "$binary ended:"
      cat "$work/$1.log" >&2
      exit 1
    fi
    sleep 0.05
  done
}

# set_aside SUFFIX SERVICE...: gives services that run another name, for more of their kind to be started.
set_aside() {
  local service
  for service in "${@:2}"; do
    pid[${service}_$1]=${pid[$service]}
    address[${service}_$1]=${address[$service]}
    unset "pid[$service]"
  done
}

# Four processes that know each other.
start_services() {
  start_service loader
  start_service extractor --loader="${address[loader]}"
  start_service discovery
  start_service scheduler --loader="${address[loader]}" --extractor="${address[extractor]}" \
    --discovery="${address[discovery]}" "${scheduler_flags[@]}"
}

# way_to PORT MS BYTES: leaves in $way which port to connect to instead, so that a round trip takes so many milliseconds
# and a connection lets pass so many bytes in it.
way_to() {
  "$bin/testing/delay_proxy" --target "$1" --delay $(($2 / 2)).$(($2 % 2 * 5)) --most-held $(($3 / 2)) >"$work/way" &
  local proxy=$!
  until [[ -s $work/way ]]; do sleep 0.05; done
  way=$(<"$work/way")
  pid[way_$way]=$proxy
  rm "$work/way"
}

# peak_memory SERVICE: KiB of VmHWM.
peak_memory() { awk '/^VmHWM:/ { print $2 }' "/proc/${pid[$1]}/status"; }

# record_memory SIZE SERVICE...
record_memory() {
  local service peak
  for service in "${@:2}"; do
    peak=$(peak_memory "$service")
    record memory "$service" "$1" "$peak"
    say "memory  $1  $service  $peak KiB"
  done
}

stop_services() {
  if ((${#pid[@]} > 0)); then
    kill "${pid[@]}" 2>/dev/null || true
    wait "${pid[@]}" 2>/dev/null || true
  fi
  pid=()
}
