#!/usr/bin/env bash
# The dashboards are what their modules make.
set -euo pipefail
python3 -B deploy/grafana/make_dashboards.py --check
