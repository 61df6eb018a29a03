#!/usr/bin/env bash
# Makes all packages and their symbol packages, as they are published: eng/pack.sh FOLDER [MSBuild arguments, such as -p:Version=0.1.0]
set -euo pipefail
folder=$(mkdir -p "${1:?folder}" && cd "$1" && pwd)
shift
cd "$(dirname "$0")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

dotnet restore Tandem.slnx --locked-mode
for project in Tandem Tandem.Compare Tandem.Diagnostics Tandem.Hosting Tandem.Tool; do
  dotnet pack "src/$project" --no-restore -c Release -v quiet -nologo -p:ContinuousIntegrationBuild=true -o "$folder" "$@"
done
