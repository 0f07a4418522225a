#!/usr/bin/env bash
# The simulated stack on a plain Debian or Ubuntu: what the set-up needs, then the set-up.
# Run from the repository's root, as root for the packages; SKIP_APT=1 leaves those out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if [[ "${SKIP_APT:-0}" != 1 ]]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends \
        build-essential ca-certificates git make python3 python3-dev python3-venv libegl1 libgl1
    rm -rf /var/lib/apt/lists/*
fi
make setup
