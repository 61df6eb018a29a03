#!/usr/bin/env bash
# Native AOT: the smoke program, compiled natively, with pools of threads; a pool of processes says what to do. That our packages cause no
# warnings in such programs, and in trimmed ones, is tested by TrimmedProgramTests, which publish programs of a user's.
source "$(dirname "$0")/common.sh"

# ILCompiler links with one of them.
if command -v clang >/dev/null; then linker=clang; elif command -v gcc >/dev/null; then linker=gcc; else skip "no package gcc"; fi

# A project of its own with the same sources and the library as it is built: the repository's lock files know nothing of the compiler. Warnings
# of the smoke program itself, which makes pools of processes, are not of interest here.
built src/Tandem
mkdir -p "$work/smoke"
for file in Directory.Build.props Directory.Build.targets Directory.Packages.props; do
  echo "<Project />" >"$work/smoke/$file" # not the repository's
done
cat >"$work/smoke/smoke.csproj" <<END
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <OutputType>Exe</OutputType>
    <ImplicitUsings>enable</ImplicitUsings>
    <Nullable>enable</Nullable>
    <AllowUnsafeBlocks>true</AllowUnsafeBlocks>
    <InvariantGlobalization>true</InvariantGlobalization>
    <PublishAot>true</PublishAot>
    <CppCompilerAndLinker>$linker</CppCompilerAndLinker>
    <NoWarn>\$(NoWarn);IL2026;IL3050</NoWarn>
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
    <TrimmerSingleWarn>false</TrimmerSingleWarn>
  </PropertyGroup>
  <ItemGroup>
    <Compile Include="$root/tests/Tandem.Smoke/**/*.cs" />
    <Reference Include="$root/artifacts/obj/Tandem/$pivot/Tandem.dll" />
    <PackageReference Include="Microsoft.Extensions.Logging.Abstractions" Version="$(
  sed -nE 's/.*"Microsoft.Extensions.Logging.Abstractions" Version="([^"]+)".*/\1/p' "$root/Directory.Packages.props")" />
  </ItemGroup>
</Project>
END
timeout 600 dotnet restore "$work/smoke" -r linux-x64 -v quiet -nologo >"$work/publish.txt" 2>&1 || {
  tail -n 3 "$work/publish.txt"
  skip "no package runtime.linux-x64.Microsoft.DotNet.ILCompiler"
}
dotnet publish "$work/smoke" --no-restore -c Release -r linux-x64 -v quiet -nologo -o "$work/out" >"$work/publish.txt" 2>&1 || {
  tail -n 5 "$work/publish.txt"
  echo "FAIL the program does not compile natively, or with warnings"
  failed=1
  finish || exit 1
}
part 300 "smoke, threads" "$work/out/smoke" --transport threads

title="a pool of processes says what to do"
if "$work/out/smoke" --transport portable run >"$work/refused.txt" 2>&1; then
  echo "FAIL $title: it worked"
  failed=$((failed + 1))
elif grep -q "natively compiled.*use WorkerPool.Threads" "$work/refused.txt"; then
  echo "pass $title"
  passed=$((passed + 1))
else
  echo "FAIL $title:"
  cat "$work/refused.txt"
  failed=$((failed + 1))
fi
finish
