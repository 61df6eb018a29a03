#!/usr/bin/env bash
# .NET 11: what is built for .NET 10, rolled forward to it: the smoke program and, with LANE_SIZE=whole, all of Tandem.Tests.
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
[ "${LANE_SIZE:-}" != whole ] ||
  part 2700 "all of Tandem.Tests" "${inside[@]}" "$bin/Tandem.Tests/$pivot/Tandem.Tests" -noColor
finish
