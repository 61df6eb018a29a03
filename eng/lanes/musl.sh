#!/usr/bin/env bash
# musl x64, as in Alpine: musl and the runtime for it, in a root without glibc. Not Alpine itself: libstdc++ and libgcc_s are Debian's, over
# musl-shim.c. The smoke program finds no OpenSSL.
source "$(dirname "$0")/common.sh"

can_unshare -mpf || skip "no right to make a mount namespace (unshare -m)"
command -v gcc >/dev/null || skip "no package gcc"
built tests/Tandem.Smoke tests/Tandem.TestHost tests/Tandem.Tests src/Tandem.Tool tools/Tandem.Serve.TestApp tests/Tandem.Serve.Tests

root_folder=$work/root
rm -rf "$root_folder"
debian "" amd64 "$root_folder" -- musl libstdc++6 libgcc-s1 libssl3 busybox-static
rid=linux-musl-x64
framework "$rid" "$root_folder/dotnet" "Microsoft.NETCore.App.Runtime.$rid" "Microsoft.NETCore.App.Host.$rid" "Microsoft.AspNetCore.App.Runtime.$rid"
host=${package_folders[1]}/runtimes/$rid/native/apphost

libraries=$root_folder/usr/lib/x86_64-linux-gnu
gcc -shared -fPIC -O1 -w -nostdlib -Wl,-soname,ld-linux-x86-64.so.2 -o "$root_folder/usr/lib/ld-linux-x86-64.so.2" "$root/eng/lanes/musl-shim.c"
cp -L "$libraries"/libstdc++.so.6 "$(find "$root_folder" -name libgcc_s.so.1 | head -n 1)" "$root_folder/usr/lib"
for name in sh sleep env cat; do
  ln -sf busybox "$root_folder/usr/bin/$name"
done
mkdir -p "$root_folder"/{proc,dev,tmp,root,etc,app}
echo /usr/lib >"$root_folder/etc/ld-musl-x86_64.path"
# For `dotnet PROGRAM.dll` and `dotnet exec PROGRAM.dll`: the executable beside it does the same.
cat >"$root_folder/usr/bin/dotnet" <<'END'
#!/bin/sh
[ "$1" != exec ] || shift
program=${1%.dll}
shift
exec "$program" "$@"
END
chmod +x "$root_folder/usr/bin/dotnet"

# inside SECONDS TITLE PROGRAM...: runs it with the new root.
inside() {
  local seconds=$1 title=$2
  shift 2
  part "$seconds" "$title" unshare -mpf --kill-child sh -c 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && mount --bind "$1" "$0/app" && shift &&
    chroot "$0" /usr/bin/env -i PATH=/usr/bin HOME=/root TMPDIR=/tmp DOTNET_ROOT=/dotnet LD_PRELOAD=/usr/lib/ld-linux-x86-64.so.2 LD_LIBRARY_PATH="$LIBRARIES" "$@"' "$root_folder" "$work/app" "$@"
}

for name in Tandem.Smoke Tandem.TestHost Tandem.Tests Tandem.Tool Tandem.Serve.TestApp Tandem.Serve.Tests; do
  mkdir -p "$work/app/$name"
  rm -rf "$work/app/$name/$pivot"
  cp -r "$bin/$name/$pivot" "$work/app/$name/$pivot"
  apphost "$host" "$work/app/$name/$pivot/$name" "$name.dll"
done

export LIBRARIES=
for transport in "${transports[@]}"; do
  inside 600 "smoke, $transport" "/app/Tandem.Smoke/$pivot/Tandem.Smoke" --transport "$transport"
done
# The tests themselves need OpenSSL.
mkdir -p "$root_folder/usr/lib/tests"
mv "$libraries"/lib{ssl,crypto}.so.3 "$root_folder/usr/lib/tests"
LIBRARIES=/usr/lib/tests
# Rings, what is asked of the C library, and workers that die in every way and at every moment.
inside 900 "rings and crashes" "/app/Tandem.Tests/$pivot/Tandem.Tests" -noColor \
  -namespace Tandem.Tests.Rings -namespace Tandem.Tests.Interop -namespace Tandem.Tests.Crashes
# `tandem serve`: requests, workers that crash and that are killed, reloads by HUP and under load, and how it stops.
serve=Tandem.Serve.Tests
inside 900 "tandem serve" "/app/$serve/$pivot/$serve" -noColor -method "$serve.ServingTests.*" \
  -method "$serve.FailureTests.A_worker_that_crashes_*" -method "$serve.FailureTests.Kills_*" \
  -method "$serve.ReloadTests.No_request_fails_while_*" -method "$serve.SupervisorTests.HUP_*" -method "$serve.SupervisorTests.TERM_*"
finish
