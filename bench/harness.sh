#!/usr/bin/env bash
# What the benchmarks share, for scripts that source this file, source tools/throwaway_cluster.sh, and set bin (where the
# built binaries are) and work (a folder of their own, which holds the results).
# shellcheck disable=SC2154

declare -A pid=() address=()

say() { echo "$*" >&2; }
record() { (IFS=$'\t' && echo "$*" >>"$work/results"); }

# record_machine CLUSTER_DIR SETTING...
record_machine() {
  record fact settings "${*:2}"
  record fact postgresql "$(cluster_psql "$1" postgres -c 'show server_version')"
  record fact cores "$(nproc)"
  record fact processor "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
  record fact memory_kib "$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)"
  record fact filesystem "$(df --output=fstype "$1" | tail -n 1)"
  record fact kernel "$(uname -s) $(uname -r | cut -d- -f1)"
  record fact lockstitch "$("$bin/cli/lockstitch" version | head -n 1)"
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

# measure COMMAND: leaves the run's seconds in $seconds.
measure() {
  local start=${EPOCHREALTIME//[!0-9]/}
  if ! "$@" &>"$work/output"; then
    say "$* failed:"
    cat "$work/output" >&2
    exit 1
  fi
  local microseconds=$((${EPOCHREALTIME//[!0-9]/} - start))
  # shellcheck disable=SC2034
  seconds=$((microseconds / 1000000)).$(printf %06d $((microseconds % 1000000)))
}

free_port() {
  local port
  while port=$((RANDOM % 20000 + 12000)) && (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}

# start_service NAME [ARG]...
start_service() {
  local port binary=$bin/services/$1/$1
  port=$(free_port)
  "$binary" --listen="127.0.0.1:$port" --metrics-listen="127.0.0.1:$(free_port)" "${@:2}" &>"$work/$1.log" &
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

# Four processes that know each other.
start_services() {
  start_service loader
  start_service extractor --loader="${address[loader]}"
  start_service discovery
  start_service scheduler --loader="${address[loader]}" --extractor="${address[extractor]}" \
    --discovery="${address[discovery]}"
}

# peak_memory SERVICE: KiB of VmHWM.
peak_memory() { awk '/^VmHWM:/ { print $2 }' "/proc/${pid[$1]}/status"; }

stop_services() {
  if ((${#pid[@]} > 0)); then
    kill "${pid[@]}" 2>/dev/null || true
    wait "${pid[@]}" 2>/dev/null || true
  fi
  pid=()
}
