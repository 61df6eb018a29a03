#!/usr/bin/env bash
# Linux arm64 by qemu's user mode. Worker processes start by way of binfmt_misc in a user namespace, so nothing changes for the machine. It says
# nothing of weak memory ordering, because the processor underneath is x64.
source "$(dirname "$0")/common.sh"

binfmt='mount -t binfmt_misc none /proc/sys/fs/binfmt_misc'
unshare -Urmpf --mount-proc sh -c "$binfmt" 2>/dev/null || skip "no right to register binfmt_misc in a user namespace (Linux 6.7)"
built tests/Tandem.Smoke tests/Tandem.TestHost tests/Tandem.Tests

root_folder=$work/root
if [ ! -x "$work/qemu-aarch64" ]; then
  debian trixie amd64 "$work/qemu" -- qemu-user
  cp "$work/qemu/usr/bin/qemu-aarch64" "$work"
fi
[ -e "$root_folder/usr/bin/busybox" ] || debian "" arm64 "$root_folder" -- libc6 libstdc++6 libgcc-s1 libssl3 busybox-static
rid=linux-arm64
framework "$rid" "$root_folder/dotnet" "Microsoft.NETCore.App.Runtime.$rid" "Microsoft.NETCore.App.Host.$rid"
host=${package_folders[1]}/runtimes/$rid/native/apphost
# The smoke program finds no OpenSSL; the tests themselves need it.
mkdir -p "$root_folder/usr/lib/tests"
find "$root_folder" -name 'lib*.so.3' -path '*aarch64*' \( -name 'libssl*' -o -name 'libcrypto*' \) -exec mv {} "$root_folder/usr/lib/tests" \;
for name in sh sleep env cat; do
  ln -sf busybox "$root_folder/usr/bin/$name"
done
mkdir -p "$root_folder"/{proc,dev,tmp,root,etc,app}
for name in Tandem.Smoke Tandem.TestHost Tandem.Tests; do
  portable "tests/$name" "$work/app/$name/$pivot"
  apphost "$host" "$work/app/$name/$pivot/$name" "$name.dll"
done

# inside SECONDS TITLE PROGRAM...: runs it with the new root.
magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
inside() {
  local seconds=$1 title=$2
  shift 2
  part "$seconds" "$title" unshare -Urmpf --kill-child --mount-proc="$root_folder/proc" bash -c "$binfmt"' && printf %s "$3" >/proc/sys/fs/binfmt_misc/register &&
    mount --rbind /dev "$1/dev" && mount --bind "$2" "$1/app" && root=$1 && shift 3 &&
    env -i PATH=/usr/bin:"$PATH" HOME=/root TMPDIR=/tmp DOTNET_ROOT=/dotnet LD_LIBRARY_PATH="$LIBRARIES" chroot "$root" "$@"; exit $?' \
    _ "$root_folder" "$work/app" ":tandem-arm64:M::$magic:$mask:$work/qemu-aarch64:F" "$@"
}

export LIBRARIES=
robust="qemu has no set_robust_list, so no lock that survives its owner"
# Arguments choose scenarios.
inside 1800 "smoke, shared" "/app/Tandem.Smoke/$pivot/Tandem.Smoke" --transport shared --deadline 600 --skip "shared-lock=$robust" \
  --skip "shared-lock-abandoned=$robust" --skip "shared-channel=$robust" "$@"
LIBRARIES=/usr/lib/tests
inside 900 "rings and codecs" "/app/Tandem.Tests/$pivot/Tandem.Tests" -noColor \
  -class Tandem.Tests.Rings.RingTests -class Tandem.Tests.Rings.LayoutTests -class Tandem.Tests.Serialization.PlainValueTests \
  -class Tandem.Tests.Serialization.ArrayTests
finish
