#!/usr/bin/env bash
# Checks the configuration and the rules by promtool, and that each alert is tested for firing and for not firing.
set -euo pipefail
cd deploy/prometheus

promtool check config --lint-fatal prometheus.yml
promtool check rules --lint-fatal rules/*.yml
promtool test rules tests/*.yml

status=0
for alert in $(sed -n 's/^ *- alert: //p' rules/*.yml); do
  outcomes=$(grep -A 2 "alertname: $alert\$" tests/*.yml | grep -o 'exp_alerts:.*' | sort -u)
  if [[ $outcomes != $'exp_alerts:\nexp_alerts: []' ]]; then
    echo "$alert is not tested for both, firing and not firing" >&2
    status=1
  fi
done
exit "$status"
