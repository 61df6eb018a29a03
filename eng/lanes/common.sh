# What the lanes have in common; sourced by each of them. A lane runs parts of what is built on another platform, prints what it did, and ends
# with a line like "9 passed, 1 failed, 2 skipped". What it needs and cannot get (a package, a right) makes it a skip, never a failure.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
configuration=${CONFIGURATION:-Release}
pivot=$(tr '[:upper:]' '[:lower:]' <<<"$configuration")
bin=$root/artifacts/bin
lane=$(basename "$0" .sh)
lanes=$root/artifacts/lanes
work=$lanes/$lane
mkdir -p "$work"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1

# The smoke program's names of the transports that Linux has, and of those that every system has.
everywhere=(mapped portable)
transports=(shared "${everywhere[@]}")

# A mistake in what starts processes must not take the machine down.
ulimit -u "$(($(ps -eL --no-headers 2>/dev/null | wc -l || echo 0) + 6000))" 2>/dev/null || true

passed=0 failed=0 skipped=0

# Ends the lane, whose whole is one skip.
skip() {
  echo "skipped: $*"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
}

# part SECONDS TITLE COMMAND...: runs a command that prints the summary of a test project or of the smoke program, and adds it. The time limit
# is for what hangs. What does not fit is killed with all that it started, and is one failure.
part() {
  local seconds=$1 title=$2 log counts start=$SECONDS code=0
  shift 2
  echo "-- $lane: $title"
  log=$work/log.txt
  timeout --kill-after=10 "$seconds" "$@" </dev/null 2>&1 | tee "$log" || code=$?
  counts=$(sed -nE \
    -e 's/.*Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+).*/\1-\3-\4 \2+\3 \4/p' \
    -e 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped\r?$/\1 \2 \3/p' "$log" | tail -n 1)
  if [ -z "$counts" ]; then
    echo "$title: no summary, exit code $code (124: it did not end within $seconds s)"
    counts="0 1 0"
  fi

  read -r a b c <<<"$counts"
  passed=$((passed + a)) failed=$((failed + b)) skipped=$((skipped + c))
  # An exit code that the summary does not explain.
  if [ "$code" -ne 0 ] && [ $((b)) -eq 0 ]; then
    echo "$title: exit code $code"
    failed=$((failed + 1))
  fi
  echo "-- $lane: $title: $((a)) passed, $((b)) failed, $((c)) skipped, took $((SECONDS - start)) s"
}

# The last line of the lane.
finish() {
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
}

# Whether processes can get a view of the system of their own here: unshare's arguments.
can_unshare() { unshare "$@" true 2>/dev/null; }

# Builds the projects, unless they are built; test.sh has done so.
built() {
  local project
  for project; do
    [ -f "$bin/$(basename "$project")/$pivot/$(basename "$project").dll" ] ||
      dotnet build "$root/$project" -c "$configuration" -v quiet -nologo || skip "$project does not build here"
  done
}

# package NAME...: gets NuGet packages, of the pinned version and with the pinned hash, by an ordinary restore. Sets the array package_folders.
package() {
  local name version hash folder="$work/packages" cache references="" list=()
  for name; do
    read -r version hash < <(awk -v name="$name" '$1 == name { print $2, $3 }' "$root/eng/lanes/packages.sha512")
    references+="<PackageDownload Include=\"$name\" Version=\"[$version]\" />"
    list+=("$name $version $hash")
  done
  mkdir -p "$folder"
  for file in Directory.Build.props Directory.Build.targets Directory.Packages.props; do
    echo "<Project />" >"$folder/$file" # not the repository's
  done
  echo "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup><ItemGroup>$references</ItemGroup></Project>" \
    >"$folder/packages.csproj"
  cache=${NUGET_PACKAGES:-$HOME/.nuget/packages}
  timeout 600 dotnet restore "$folder" -v quiet -nologo >"$folder/restore.txt" 2>&1 || {
    tail -n 3 "$folder/restore.txt"
    skip "no package $*"
  }
  package_folders=()
  for entry in "${list[@]}"; do
    read -r name version hash <<<"$entry"
    local at="$cache/${name,,}/$version"
    if [ "$(cat "$at/${name,,}.$version.nupkg.sha512")" != "$hash" ]; then
      echo "$name $version has another hash than eng/lanes/packages.sha512 says: $(cat "$at/${name,,}.$version.nupkg.sha512")"
      skip "no package $name with the pinned hash"
    fi
    package_folders+=("$at")
  done
}

# framework RID TO PACKAGE...: gets the runtime and lays it out as `dotnet` has it. No package has the muxer, so an apphost starts programs.
framework() {
  local rid=$1 to=$2 pack name version file
  shift 2
  package "$@"
  rm -rf "$to"
  for pack in "${package_folders[@]}"; do
    version=$(basename "$pack")
    name=$(basename "$(dirname "$pack")")
    case $name in
      microsoft.netcore.app.runtime.*) name=Microsoft.NETCore.App ;;
      microsoft.aspnetcore.app.runtime.*) name=Microsoft.AspNetCore.App ;;
      *) continue ;;
    esac
    mkdir -p "$to/shared/$name/$version"
    cp "$pack/runtimes/$rid"/lib/net*/* "$to/shared/$name/$version"
    [ ! -d "$pack/runtimes/$rid/native" ] || cp "$pack/runtimes/$rid"/native/* "$to/shared/$name/$version"
    for file in libhostfxr.so hostfxr.dll; do
      if [ -f "$to/shared/$name/$version/$file" ]; then
        mkdir -p "$to/host/fxr/$version"
        cp "$to/shared/$name/$version/$file" "$to/host/fxr/$version"
      fi
    done
  done
}

# apphost HOST TO NAME.dll: the executable that starts a program, as a build makes it: with the program's name in place of a mark.
apphost() {
  local mark=c3ab8ff13720e8ad9047dd39466b3c8974e592c2fa383d4a3960714caef0c4f2 zeros
  zeros=$(printf '\\x00%.0s' $(seq $((${#mark} - ${#3}))))
  LC_ALL=C sed "s/$mark/$3$zeros/" "$1" >"$2"
  chmod +x "$2"
}

# portable PROJECT TO: copies what is built, with IL in place of code for Linux x64.
portable() {
  local name from
  name=$(basename "$1")
  rm -rf "$2"
  mkdir -p "$2"
  cp -r "$bin/$name/$pivot/." "$2"
  for from in "$root"/artifacts/obj/*/"$pivot"; do
    name=$(basename "$(dirname "$from")")
    if [ -d "$from/ahead" ] && [ -f "$2/$name.dll" ]; then
      cp "$from/$name.dll" "$2/$name.dll"
    fi
  done
}

# debian SUITE ARCHITECTURE TO PACKAGE...: unpacks Debian's packages, with what they depend on, into a folder; packages after -- come without.
# They come from where this machine gets its own, checked by apt as always, and nothing is installed. SUITE "" is this machine's own.
debian() {
  local suite=$1 architecture=$2 to=$3 state uri own apt alone=() whole=() name
  shift 3
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || skip "no apt-get"
  own=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  suite=${suite:-$own}
  uri=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 'Component: main' | awk -v own="$own" '$2 == own { print $1; exit }')
  [ -n "$uri" ] || skip "no source of Debian's packages"
  while [ $# -gt 0 ] && [ "$1" != -- ]; do whole+=("$1") && shift; done
  [ $# -eq 0 ] || shift
  alone=("$@")

  state=$lanes/apt-$suite-$architecture
  mkdir -p "$state/lists/partial" "$state/archives/partial" "$to/usr"/{bin,lib,lib64,sbin}
  : >"$state/status"
  echo "deb [arch=$architecture signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main" >"$state/sources.list"
  apt=(apt-get -qq -o "Dir::Etc::sourcelist=$state/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$state/lists"
    -o "Dir::State::status=$state/status" -o "Dir::Cache::archives=$state/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
    -o "APT::Architecture=$architecture" -o "APT::Architectures::=$architecture" -o APT::Sandbox::User=root -o Acquire::Languages=none
    -o Acquire::Retries=2 -o Debug::NoLocking=true -o APT::Keep-Downloaded-Packages=true)
  # A list that is a day old is good enough.
  if [ -z "$(find "$state/lists" -maxdepth 1 -name '*Packages*' -mtime -1 -print -quit)" ]; then
    timeout 300 "${apt[@]}" update || skip "no list of the packages of $suite for $architecture"
  fi
  for link in bin lib lib64 sbin; do
    [ -e "$to/$link" ] || ln -s "usr/$link" "$to/$link"
  done
  : >"$state/wanted"
  if [ ${#whole[@]} -gt 0 ]; then
    timeout 120 "${apt[@]}" install --no-install-recommends --simulate "${whole[@]}" |
      sed -nE 's/^Inst ([^ ]+) \(([^ ]+) .*\[([a-z0-9]+)\]\).*/\1_\2_\3.deb/p' | sed 's/:/%3a/' >>"$state/wanted" || skip "no package ${whole[*]}"
    timeout 900 "${apt[@]}" install --no-install-recommends --download-only -y "${whole[@]}" || skip "no package ${whole[*]}"
  fi
  if [ ${#alone[@]} -gt 0 ]; then
    "${apt[@]}" download --print-uris "${alone[@]}" | sed -nE "s/^'[^']*' ([^ ]+) .*/\1/p" >>"$state/wanted" || skip "no package ${alone[*]}"
    (cd "$state/archives" && timeout 600 "${apt[@]}" download "${alone[@]}") || skip "no package ${alone[*]}"
  fi
  while read -r name; do
    dpkg-deb --fsys-tarfile "$state/archives/$name" | tar -x --keep-directory-symlink --no-same-owner -C "$to"
  done <"$state/wanted"
}
