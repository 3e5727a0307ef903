#!/usr/bin/env bash
# Makes .venv and installs requirements.txt into it.
set -euo pipefail

python=""
for name in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
  if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
    python=$name
    break
  fi
done
if [ -z "$python" ]; then
  echo "make: Python 3.11, 3.12 or 3.13 is needed, and none was found: install one, or name it with PYTHON=/path/to/python3." >&2
  exit 2
fi

if [ ! -x .venv/bin/pip ]; then
  echo "Making .venv with $($python --version) …"
  rm -rf .venv
  if ! "$python" -m venv .venv 2>/dev/null; then
    rm -rf .venv
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
      apt-get update -qq && apt-get install -y -qq "python$version-venv"
      "$python" -m venv .venv
    else
      echo "make: $python has no venv module: run \`sudo apt-get install python$version-venv\` and try again." >&2
      exit 2
    fi
  fi
fi

echo "Installing requirements.txt into .venv (some 150 packages; a few minutes the first time) …"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --upgrade pip
.venv/bin/python -m pip install --quiet --disable-pip-version-check --progress-bar on -r requirements.txt

# Work on dslab takes effect at once: its place in .venv is this folder.
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
