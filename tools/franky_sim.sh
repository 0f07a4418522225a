#!/usr/bin/env bash
# Make ready what the tests against a simulated Franka arm need: franky-control in the project's own
# environment, and franky-sim in .venv-franky-sim, because it needs another numpy.
# Prints the path of the latter's Python. Does nothing where all is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=.venv-franky-sim
stamp=$folder/requirements.txt
python=.venv/bin/python
if ! "$python" -c "import franky" 2>/dev/null; then
    "$python" -m pip install --quiet --disable-pip-version-check \
        -c requirements/constraints.txt franky-control >&2
fi
if ! cmp -s requirements/franky-sim.txt "$stamp"; then
    rm -rf "$folder"
    "$python" -m venv "$folder" >&2
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check \
        -r requirements/franky-sim.txt >&2
    cp requirements/franky-sim.txt "$stamp"
fi
echo "$PWD/$folder/bin/python"
