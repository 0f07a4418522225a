#!/usr/bin/env bash
# Lints what is under docker/, with the tools that are there: shellcheck, hadolint, and the parsers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
for file in steps/*.sh; do bash -n "$file"; done
shellcheck steps/*.sh
# DL3008: distributions drop old versions; DL3066: the image's own user.
hadolint --ignore DL3008 --ignore DL3066 ./*.Dockerfile
python3 - <<'PYTHON'
import xml.dom.minidom
from pathlib import Path

for path in Path("dds").glob("*.xml"):
    xml.dom.minidom.parse(str(path))
PYTHON
echo "docker/: no finding"
