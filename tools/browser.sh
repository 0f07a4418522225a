#!/usr/bin/env bash
# Installs Debian's Chromium for the tests of the console. Where that is not possible it says how, and
# those tests are skipped: nothing else needs a browser here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 && exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "browser: no Chromium and no apt-get here; the tests in tests/browser are skipped"
    exit 0
fi
if [[ $(id -u) == 0 ]]; then
    prefix=()
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    prefix=(sudo -n)
else
    echo "browser: no Chromium: the tests in tests/browser are skipped. To have them:" \
        "sudo apt-get install chromium"
    exit 0
fi
mkdir -p log/setup
log=log/setup/chromium.log
echo "browser: installing Chromium ... (log: $log)"
install="export DEBIAN_FRONTEND=noninteractive
    apt-get update && apt-get install -y --no-install-recommends chromium fonts-dejavu-core"
if ! "${prefix[@]}" sh -c "$install" >"$log" 2>&1; then
    echo "browser: that failed (see $log); the tests in tests/browser are skipped"
fi
