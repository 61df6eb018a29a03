#!/usr/bin/env bash
# Checks the spelling of code, comments and pages. A word that is right but unknown belongs into words.txt beside this file.
set -euo pipefail
cd "$(dirname "$0")"
if ! command -v node >/dev/null || ! command -v npm >/dev/null || [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
  echo "Spelling is not checked: it needs Node 20 or later with npm."
  exit 0
fi

# An offline machine can still build and test.
if [ ! -d node_modules ] && ! npm ci --ignore-scripts --no-audit --no-fund >/dev/null; then
  echo "Spelling is not checked: cspell cannot be installed here."
  exit 0
fi

exec node node_modules/cspell/bin.mjs lint --config cspell.json --no-progress --no-summary
