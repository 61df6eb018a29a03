#!/usr/bin/env bash
# Builds everything and runs the tests that hold on every system. For Windows (Git Bash) and macOS; Linux runs all tests with ./test.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
configuration=${CONFIGURATION:-Release}

dotnet restore Tandem.slnx --locked-mode
dotnet build Tandem.slnx -c "$configuration" --no-restore -v quiet -nologo

tests() { dotnet run --no-build -c "$configuration" --project "tests/$1" -- -noColor "${@:2}"; }

# The library: the contract on threads and on processes over mapped memory and over pipes, what happens when workers or their program end,
# options, tables of what differs between systems, and what is serialized. A test that needs Linux skips itself.
tests Tandem.Tests \
  -class Tandem.Tests.Promises.ThreadPromises \
  -class Tandem.Tests.Promises.MappedMemoryPromises \
  -class Tandem.Tests.Promises.PortablePromises \
  -class Tandem.Tests.Promises.OptionsTests \
  -class Tandem.Tests.Promises.WorkResultTests \
  -class Tandem.Tests.Crashes.MappedMemoryCrashes \
  -class Tandem.Tests.Crashes.PortableCrashes \
  -class Tandem.Tests.Mapped.MappedLinkTests \
  -class Tandem.Tests.Mapped.MappedMemoryTests \
  -class Tandem.Tests.Mapped.MappedFolderTests \
  -class Tandem.Tests.Rings.BellTests \
  -class Tandem.Tests.Interop.PlatformTableTests \
  -class Tandem.Tests.Processes.EndedByTests \
  -class Tandem.Tests.Processes.OverlappedPipeTests \
  -class Tandem.Tests.Processes.ParentTests \
  -class Tandem.Tests.Processes.PortableLinkTests \
  -class Tandem.Tests.Processes.RestartBudgetTests \
  -class Tandem.Tests.Processes.StaffingTests \
  "$@"
# Not in the same run: the runner takes what fits the classes and the namespace.
tests Tandem.Tests -namespace Tandem.Tests.Serialization "$@"
