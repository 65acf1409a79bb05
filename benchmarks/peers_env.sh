#!/usr/bin/env bash
# A virtual environment for the peers only: BLOCS' dependencies and BoARIO, pymrio, EMA workbench.
#   benchmarks/peers_env.sh [FOLDER]     default: $BLOCS_PEERS, else ~/.cache/blocs-peers
# What cannot be installed is named and left out; the benchmark then counts it as skipped.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=${1:-${BLOCS_PEERS:-$HOME/.cache/blocs-peers}}
"${PYTHON:-python3}" -m venv "$folder"
pip="$folder/bin/pip --disable-pip-version-check install --quiet"
"$folder/bin/python" -c 'import sys, tomllib; print("\n".join(tomllib.load(open(sys.argv[1], "rb"))["project"]["dependencies"]))' \
  "$root/pyproject.toml" > "$folder/requirements.txt"
$pip -r "$folder/requirements.txt" -c "$root/constraints.txt" || $pip -r "$folder/requirements.txt"
for peer in "boario pymrio progressbar2" ema_workbench; do
  # shellcheck disable=SC2086
  $pip $peer || echo "cannot be installed: $peer"
done
echo "$folder"
