#!/usr/bin/env bash
# Windows x64 by Wine, that of Debian 13: the smoke program and, with LANE_SIZE=whole, the promises of pools over each transport that Windows has.
# A pass is evidence, not proof: Wine is not Windows. With LANE_SIZE=bench, only the benchmark of both transports, by Wine and on this Linux.
# Arguments, if any, are run in place of the lane, as in: eng/lanes/wine.sh 'Z:\app\Tandem.Smoke\release\Tandem.Smoke.exe' run
source "$(dirname "$0")/common.sh"

can_unshare -mpf || skip "no right to make a mount namespace (unshare -m)"
case ${LANE_SIZE:-} in
  whole) projects=(tests/Tandem.Smoke tests/Tandem.TestHost tests/Tandem.Tests) ;;
  bench) projects=(bench/Tandem.Bench) ;;
  *) projects=(tests/Tandem.Smoke) ;;
esac
built "${projects[@]}"

root_folder=$work/root
# Not all that Wine depends on: there is no screen and no sound.
[ -x "$root_folder/usr/lib/wine/wine64" ] || debian trixie amd64 "$root_folder" wine64
# What the package does when it is installed: a mark in the place of DOS's code says that the library is Wine's own.
zlib=$root_folder/usr/x86_64-w64-mingw32/lib/zlib1.dll
{ head -c 64 "$zlib" && printf 'Wine builtin DLL' && head -c 16 /dev/zero && tail -c +97 "$zlib"; } >"$root_folder/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/zlib1.dll"
mkdir -p "$root_folder/etc"
echo 'root:x:0:0:root:/root:/bin/sh' >"$root_folder/etc/passwd"
rid=win-x64
framework "$rid" "$root_folder/dotnet" "Microsoft.NETCore.App.Runtime.$rid" "Microsoft.NETCore.App.Host.$rid"
host=${package_folders[1]}/runtimes/$rid/native/apphost.exe
mkdir -p "$root_folder"/{proc,dev,tmp,root,etc,app,prefix}
for project in "${projects[@]}"; do
  name=$(basename "$project")
  portable "$project" "$work/app/$name/$pivot"
  apphost "$host" "$work/app/$name/$pivot/$name.exe" "$name.dll"
done

# Wine's drives are links, one of them to the root: not inside the repository, where tools would follow it.
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
# What runs a command with the new root. All of Wine ends with it. Not as process 1, which Wine does not survive.
inside=(unshare -mpf --kill-child sh -c 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && mount --bind "$1" "$0/app" && mount --bind "$2" "$0/prefix" && shift 2 &&
  env -i PATH="$PATH" HOME=/root LANG=C.UTF-8 XDG_RUNTIME_DIR=/tmp WINEPREFIX=/prefix WINESERVER=/usr/lib/wine/wineserver64 WINEDEBUG="${WINEDEBUG:--all}" \
    "WINEDLLOVERRIDES=mshtml=;winedbg.exe=" "DOTNET_ROOT=Z:\dotnet" sh -c '"'"'root=$0; chroot "$root" "$@"; code=$?; chroot "$root" "$WINESERVER" -k -w; exit $code'"'"' "$0" "$@"; exit $?' "$root_folder" "$work/app" "$prefix")

timeout --kill-after=10 300 "${inside[@]}" /usr/lib/wine/wine64 wineboot --init </dev/null >"$work/boot.txt" 2>&1 || {
  tail -n 3 "$work/boot.txt"
  skip "Wine does not start here"
}
code=0
if [ $# -gt 0 ]; then
  "${inside[@]}" /usr/lib/wine/wine64 "$@" || code=$?
  exit $code
fi

if [ "${LANE_SIZE:-}" = bench ]; then
  # Ratios within one system only: Wine's own cost is in each figure.
  metrics=(--quick --only round_trip_hot_us,round_trip_idle_us,calls_per_s,map_items_per_s,payload_1mib_gib_per_s
    --backends processes-mapped,processes-portable,task-run)
  "${inside[@]}" /usr/lib/wine/wine64 "Z:\\app\\Tandem.Bench\\$pivot\\Tandem.Bench.exe" "${metrics[@]}" || code=$?
  "$bin/Tandem.Bench/$pivot/Tandem.Bench" "${metrics[@]}" || code=$?
  exit $code
fi

# Not judged here: Wine ends a process that fails fast with C0000602, where Windows has the code of what failed, and one whose stack overflows
# does not always end.
for transport in "${everywhere[@]}"; do
  part 1200 "smoke, $transport" "${inside[@]}" /usr/lib/wine/wine64 "Z:\\app\\Tandem.Smoke\\$pivot\\Tandem.Smoke.exe" --transport "$transport" \
    --skip "death-native-crash=Wine reports C0000602" --skip "death-stack-overflow=Wine hangs"
done
if [ "${LANE_SIZE:-}" = whole ]; then
  for promises in MappedMemoryPromises PortablePromises; do
    part 2700 "$promises" "${inside[@]}" /usr/lib/wine/wine64 "Z:\\app\\Tandem.Tests\\$pivot\\Tandem.Tests.exe" -noColor \
      -class "Tandem.Tests.Promises.$promises"
  done
fi
finish
