#!/usr/bin/env bash
# Makes the environment in the folder given: a Python 3.10, and in it exactly the packages of requirements/all.txt.
# Rasa needs Python 3.10. It is taken from the machine (python3.10, pyenv) or, failing that, fetched by uv.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${1:-.venv}

say() { printf '\033[1m%s\033[0m\n' "$*"; }

is_310() { [ -n "${1:-}" ] && "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' 2>/dev/null; }

find_310() {
  local candidate
  for candidate in "${KLARTEXT_PYTHON:-}" "$(command -v python3.10 || true)" "$(command -v python3 || true)" \
    "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.10*/bin/python; do
    if is_310 "$candidate"; then
      # The interpreter itself, not a shim in front of it.
      "$candidate" -c 'import sys; print(sys.executable)'
      return 0
    fi
  done
  return 1
}

# uv comes by pip, into the environment; without a Python 3.10 a bootstrap environment fetches one first.
if ! is_310 "$venv/bin/python"; then
  rm -rf "$venv"
  if python=$(find_310); then
    say "Python 3.10: $python"
    "$python" -m venv "$venv"
  else
    any=$(command -v python3) || { echo "Python 3 is needed to begin with, and was not found." >&2; exit 1; }
    say "No Python 3.10 here; uv fetches one."
    bootstrap=$(mktemp -d)
    trap 'rm -rf "$bootstrap"' EXIT
    "$any" -m venv "$bootstrap" || {
      echo "python3 cannot make environments; on Debian: apt-get install python3-venv, or python3.10 from pyenv." >&2
      exit 1
    }
    "$bootstrap/bin/pip" install --quiet uv
    "$bootstrap/bin/uv" venv --python 3.10 --seed "$venv"
  fi
fi
[ -x "$venv/bin/uv" ] || "$venv/bin/python" -m pip install --quiet --disable-pip-version-check uv
say "Installing the packages, each checked against its hash …"
# The list is complete by itself (uv is in it too): nothing is resolved here, and nothing outside it can come in.
# Compiled once, here: where Python is told to write no bytecode, as in many images, each start would compile everything
# anew, which takes longer than the start itself.
"$venv/bin/uv" pip sync --python "$venv/bin/python" --require-hashes --compile-bytecode requirements/all.txt
"$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --editable .
"$venv/bin/python" -m compileall -q -j 0 bot connectors actions
say "Done."
