#!/usr/bin/env bash
# Set-up from nothing: finds (or installs) a Python, then hands over to setup.py. See `make setup`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

suits() { # whether $1 runs and is a Python that every wheel exists for
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -I -S -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null
}

# An environment that was made already decides; otherwise the system's own Python comes first.
if suits .venv/bin/python; then
    exec .venv/bin/python -I -S tools/setup.py "$@"
fi
candidates=("${SAFEREACH_PYTHON:-python3}" python3.12 python3.11 python3.10)
for candidate in "${candidates[@]}"; do
    if suits "$candidate"; then
        exec "$candidate" -I -S tools/setup.py "$@"
    fi
done

# Without any Python, Debian's comes together with all else that setup.py would ask for.
packages="python3 python3-venv python3-dev cmake g++ make libegl1 libgl1 libgl1-mesa-dri"
install="apt-get update && apt-get install -y --no-install-recommends $packages"
if ! command -v python3 >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1; then
    if [[ $(id -u) == 0 ]]; then
        prefix=()
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        prefix=(sudo -n)
    else
        echo "sudo sh -c '$install'" >&2
        exit 1
    fi
    mkdir -p log/setup
    echo "set-up: Debian packages ($packages) ... (log: log/setup/debian-packages.log)"
    if ! "${prefix[@]}" sh -c "export DEBIAN_FRONTEND=noninteractive; $install" \
        >log/setup/debian-packages.log 2>&1; then
        echo "set-up: Debian packages failed; the end of log/setup/debian-packages.log:" >&2
        tail -n 15 log/setup/debian-packages.log >&2
        exit 1
    fi
    if suits python3; then
        exec python3 -I -S tools/setup.py "$@"
    fi
fi
echo "set-up: no Python 3.10, 3.11 or 3.12 found (tried ${candidates[*]});" \
    "install one, or name it: SAFEREACH_PYTHON=/path/to/python make setup" >&2
exit 1
