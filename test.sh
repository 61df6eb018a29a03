#!/usr/bin/env bash
# Builds everything and runs every test project. What tests need beside the .NET SDK is installed from Debian where that is possible.
set -euo pipefail
cd "$(dirname "$0")"

lanes=$(eng/lanes/list.sh "${LANES:-quick}")

missing=()
command -v setsid >/dev/null || missing+=(util-linux)
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
command -v tmux >/dev/null || missing+=(tmux)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
if [ ${#missing[@]} -gt 0 ]; then
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    { apt-get update -qq && apt-get install -y -qq "${missing[@]}"; } || echo "Not installed: ${missing[*]}; tests that need it are skipped."
  else
    echo "Missing: ${missing[*]}; tests that need it are skipped."
  fi
fi

# Children inherit what is ignored, so tests that send these would fail: under nohup, or in the background of a script.
for signal in INT HUP; do
  [ -z "$(trap -p "$signal")" ] || echo "SIG$signal is ignored here; tests that send it fail. Run this in the foreground."
done

# A mistake in what starts processes must not take the machine down.
ulimit -u "$(( $(ps -eL --no-headers 2>/dev/null | wc -l || echo 0) + 6000 ))" 2>/dev/null || true

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1
# Optimized, and with assertions. For measurements, build again without.
export TANDEM_ASSERTIONS=${TANDEM_ASSERTIONS:-true}
configuration=${CONFIGURATION:-Release}
dotnet build Tandem.slnx -c "$configuration" -v quiet -nologo

passed=0 failed=0 skipped=0 status=0 crashes=()

# Runs one project and adds its summary.
run() {
  local project=$1 name
  shift
  name=$(basename "$project" .csproj)
  add "$name" dotnet run --no-build -c "$configuration" --project "$project" -- "$@"
}

# Runs a command and adds the last summary that it prints, such as: Total: 12, Errors: 0, Failed: 1, Skipped: 2
# or: 9 passed, 1 failed, 2 skipped
add() {
  local name=$1 log total errors failures skips
  shift
  echo "== $name"
  log=$(mktemp)
  if ! "$@" 2>&1 | tee "$log"; then
    status=1
  fi

  read -r total errors failures skips < <(sed -nE \
    -e 's/.*Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+).*/\1 \2 \3 \4/p' \
    -e 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/(\1+\2+\3) 0 \2 \3/p' "$log" | tail -n 1) || true
  if [ -z "${total:-}" ]; then
    failed=$((failed + 1)) status=1
    crashes+=("$name ended without a summary:
$(grep -m 1 -A 40 -E '^(Fatal error|Unhandled exception|Stack overflow|Process terminated|Out of memory)' "$log" || tail -n 40 "$log")")
  else
    failed=$((failed + failures + errors))
    skipped=$((skipped + skips))
    passed=$((passed + total - failures - skips))
  fi
  rm -f "$log"
}

for project in tests/*.Tests/*.csproj; do
  run "$project" -noColor "$@"
done

# What one program sees of each transport. Other platforms run the same program (eng/lanes).
if [ $# -eq 0 ]; then
  for transport in shared mapped portable; do
    run tests/Tandem.Smoke/Tandem.Smoke.csproj --transport "$transport"
  done
fi

# A minute of killed, stopped and recycled workers under load. By hand, and longer: dotnet run -c Release --project tests/Tandem.Chaos -- --help
[ $# -gt 0 ] || run tests/Tandem.Chaos/Tandem.Chaos.csproj --seconds 60

# Other platforms, by emulation and the like. LANES=none leaves them out, LANES=musl,aot runs these, LANES=all also runs what takes long.
if [ $# -eq 0 ]; then
  for lane in $lanes; do
    add "lane $lane" "eng/lanes/$lane.sh"
  done
fi

# Last, because the end of a long log is what is read.
[ ${#crashes[@]} -eq 0 ] || printf '%s\n' "${crashes[@]}"
[ "$failed" -eq 0 ] || status=1
echo "$passed passed, $failed failed, $skipped skipped"
exit $status
