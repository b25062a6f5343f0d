# shellcheck shell=bash disable=SC2154
# Pods of the installation, run by podman; for scripts that set `work`, `network` and `rendered`.
#
#   start_pod SERVICE          starts one more replica of a service's Deployment; its name is then in POD
#   kill_pod POD               kills it and all that it had; another may be started in its place
#   pods_of SERVICE            prints the names of those that run
#   address_of POD             prints its address
#   await SECONDS COMMAND...   until the command succeeds
#   remove_pods                removes all of them

POD=
declare -A addresses=()
last_address=20

await() {
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= until)); then
      echo "waited in vain for: $*" >&2
      "$@" >&2 || true
      return 1
    fi
    sleep 0.2
  done
}

pods_of() { printf '%s\n' "${!addresses[@]}" | grep "^$network-$1-" | sort; }
address_of() { echo "${addresses[$1]}"; }
service_of() { sed "s/^$network-//; s/-[0-9]*\$//" <<<"$1"; }
container_of() { echo "$1-pod-0-$(service_of "$1")"; }

# Lays a pod's volumes out, anew for one that runs.
lay_out() { node tests/kubernetes/kubelet.mjs "$rendered" "$(service_of "$1")" "$1" "$(address_of "$1")" "$work/pods/$1"; }

# A service's name leads to all of its pods, as that of a headless Service does.
start_pod() {
  local service=$1
  last_address=$((last_address + 1))
  POD=$network-$service-$last_address
  addresses[$POD]=${gateway%.*}.$last_address
  lay_out "$POD"
  if ! podman kube play --quiet --network "$network:alias=lockstitch-$service" --ip "$(address_of "$POD")" \
    "$work/pods/$POD/pod.yaml" >"$work/pods/$POD/log" 2>&1; then
    cat "$work/pods/$POD/log" >&2
    return 1
  fi
}

is_ready() { tests/kubernetes/probe "$(address_of "$1"):8080" readiness; }
is_not_ready() { ! is_ready "$1"; }

kill_pod() {
  podman logs "$(container_of "$1")" >"$work/pods/$1/log" 2>&1
  podman pod rm --force --time 0 "$1-pod-0" >/dev/null
  unset "addresses[$1]"
}

remove_pods() {
  local pod
  for pod in "${!addresses[@]}"; do
    podman logs "$(container_of "$pod")" >"$work/pods/$pod/log" 2>&1
    podman pod rm --force --time 0 "$pod-pod-0" >/dev/null
  done
}
