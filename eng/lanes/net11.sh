#!/usr/bin/env bash
# .NET 11: what is built for .NET 10, rolled forward to it: the smoke program, and the tests of what is sent or, with LANE_SIZE=whole, all of
# Tandem.Tests.
source "$(dirname "$0")/common.sh"

built tests/Tandem.Smoke tests/Tandem.TestHost tests/Tandem.Tests
dotnet=$(readlink -f "$(command -v dotnet)")
# The muxer is the machine's own: it takes the newest host that it finds beside it.
framework linux-x64 "$work/dotnet" Microsoft.NETCore.App.Runtime.linux-x64
cp "$dotnet" "$work/dotnet/dotnet"
inside=(env DOTNET_ROOT="$work/dotnet" DOTNET_ROLL_FORWARD=Major PATH="$work/dotnet:$PATH")

for transport in "${transports[@]}"; do
  part 900 "smoke, $transport" "${inside[@]}" "$bin/Tandem.Smoke/$pivot/Tandem.Smoke" --transport "$transport"
done
tests=("${inside[@]}" "$bin/Tandem.Tests/$pivot/Tandem.Tests" -noColor)
if [ "${LANE_SIZE:-}" = whole ]; then
  part 3600 "all of Tandem.Tests" "${tests[@]}"
else
  # What depends on the fields of the framework's own types, which each version may change.
  part 900 "values that are sent" "${tests[@]}" -namespace Tandem.Tests.Serialization
fi
finish
