#!/usr/bin/env bash
# The nodes beside a robot: device libraries, and the set-up over the sourced ROS distribution.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
make setup
.venv/bin/pip install --no-cache-dir -r requirements/robot.txt -c requirements/constraints.txt
