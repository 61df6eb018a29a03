#!/bin/sh
# Draws the README's pictures anew, from what really runs: docs/top.svg and docs/report.png. Takes two minutes, and needs Chromium.
set -eu
cd "$(dirname "$0")/.."
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || { echo "Chromium is not installed." >&2; exit 1; }
dotnet build -c Release -v quiet -nologo src/Tandem.Tool
dotnet build -c Release -v quiet -nologo tests/Tandem.TestHost
tandem="dotnet artifacts/bin/Tandem.Tool/release/Tandem.Tool.dll"
folder=$(mktemp -d)
# Its own process: without a program between, its id is the one to look at and to end.
dotnet artifacts/bin/Tandem.TestHost/release/Tandem.TestHost.dll traffic > "$folder/said" &
host=$!
trap 'kill $host 2>/dev/null || true; wait $host 2>/dev/null || true; rm -rf "$folder"' EXIT

# It says so once its workers are at work.
until grep -q ready "$folder/said"; do
  kill -0 $host
  sleep 0.1
done
$tandem top $host --interval 3s --svg docs/top.svg
kill $host

$tandem compare allocate --kill --report "$folder/report.html" > "$folder/text"
"$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --force-color-profile=srgb --user-data-dir="$folder/profile" \
  --window-size=1000,1190 --screenshot="$PWD/docs/report.png" "file://$folder/report.html" 2> "$folder/browser" || { cat "$folder/browser" >&2; exit 1; }
ls -l docs/top.svg docs/report.png
