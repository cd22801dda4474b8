#!/bin/sh
# Finds a libnode for the tests and the demo, downloads the distribution's if needed, and prints its path.
#
# Prints two lines for `eval`: KINESIS_TEST_LIBNODE, the library, and KINESIS_TEST_LIBRARY_PATH, the folder with the
# dependencies that this machine lacks (or nothing). Only for the processes that load the plugin: other programs
# would load foreign libraries with that folder in LD_LIBRARY_PATH.
# The same lines are kept in build/libnode/environment. Installs nothing, except missing built-in modules that Debian's
# libnode reads from fixed paths under /usr/share/nodejs.
set -eu

folder=$(cd "$(dirname "$0")/.." && pwd)/build/libnode
environment=$folder/environment
root=$folder/root
oldest_abi=108 # Node 18
PATH=$PATH:/usr/sbin:/sbin

say() { echo "libnode: $*" >&2; }
. "$(dirname "$0")/apt.sh"
fail() {
  say "$*"
  exit 1
}
quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }

# Prints the lines for `eval`, keeps them, and ends the script.
keep() { # keep LIBRARY LIBRARY_PATH
  mkdir -p "$folder"
  printf 'export KINESIS_TEST_LIBNODE=%s\nexport KINESIS_TEST_LIBRARY_PATH=%s\n' "$(quoted "$1")" "$(quoted "$2")" \
    >"$environment.$$"
  mv "$environment.$$" "$environment"
  cat "$environment"
  exit 0
}

# Prints the modules that this library reads from /usr/share/nodejs and that are missing, one per line.
missing_modules() {
  list=$folder/modules.$(basename "$1")
  if [ ! -s "$list" ] || [ "$1" -nt "$list" ]; then
    mkdir -p "$folder"
    { grep -aoE '/usr/share/nodejs/[A-Za-z0-9@_./-]+\.js' "$1" || echo none; } | sort -u >"$list"
  fi
  while read -r module; do
    case $module in /*) [ -e "$module" ] || echo "$module" ;; esac
  done <"$list"
}

# Prints the newest libnode of the system, if it is new enough.
system_library() {
  ldconfig -p 2>/dev/null | sed -n 's/^[[:space:]]*libnode\.so\.\([0-9][0-9]*\) .*=> \(.*\)$/\1 \2/p' | sort -rn |
    while read -r abi path; do
      if [ "$abi" -ge $oldest_abi ]; then
        echo "$path"
        break
      fi
    done
}

# Prints the newest libnodeNNN that apt knows.
find_package() {
  apt-cache pkgnames libnode | grep -xE 'libnode[0-9]+' | sed 's/libnode//' | sort -rn | while read -r abi; do
    if [ "$abi" -ge $oldest_abi ] && apt-cache policy "libnode$abi" | grep -q 'Candidate: [^(]'; then
      echo "libnode$abi"
      break
    fi
  done
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Downloads and unpacks one package; sets $depends to the first alternative of each of its dependencies.
unpack() {
  rm -rf "$folder/deb"
  mkdir -p "$folder/deb" "$root"
  say "downloading $1"
  (cd "$folder/deb" && apt_download "$1") || fail "apt-get download $1 failed"
  for deb in "$folder"/deb/*.deb; do
    dpkg -x "$deb" "$root"
    depends=$(dpkg-deb -f "$deb" Pre-Depends Depends | sed 's/^[A-Za-z-]*: //' | tr ',' '\n' |
      sed 's/|.*//; s/([^)]*)//; s/:[a-z]*//; s/[[:space:]]//g' | grep . || true)
  done
  rm -rf "$folder/deb"
}

# Unpacks a library and those of its dependencies that are not installed.
unpack_library() {
  queue=$1
  seen=
  while [ -n "$queue" ]; do
    # shellcheck disable=SC2086
    set -- $queue
    package=$1
    shift
    queue=$*
    case " $seen " in *" $package "*) continue ;; esac
    seen="$seen $package"
    unpack "$package"
    for dependency in $depends; do
      case $dependency in
        node-*) modules_packages="$modules_packages $dependency" ;;
        *) installed "$dependency" || queue="$queue $dependency" ;;
      esac
    done
  done
}

# Copies the library's missing modules to their fixed paths.
provide_modules() { # provide_modules LIBRARY
  missing=$(missing_modules "$1")
  [ -n "$missing" ] || return 0
  unpacked=
  for module in $missing; do
    staged=$folder/modules$module
    [ ! -e "$staged" ] || continue
    [ -n "$unpacked" ] || for package in $(cat "$folder/complete"); do unpack "$package"; done
    unpacked=yes
    [ -e "$root$module" ] || fail "$module is missing, and is in none of: $(cat "$folder/complete")"
    mkdir -p "$(dirname "$staged")"
    cp -L "$root$module" "$staged"
  done
  copy="cp -rn '$folder/modules/usr/share/nodejs' /usr/share/"
  [ "$(id -u)" -eq 0 ] || fail "modules of libnode are missing under /usr/share/nodejs; run: sudo $copy"
  sh -c "$copy"
}

given=${KINESIS_LIBNODE:-${KINESIS_TEST_LIBNODE:-}}
if [ -n "$given" ]; then
  [ -e "$given" ] || fail "KINESIS_LIBNODE is $given, which does not exist"
  keep "$given" "${KINESIS_TEST_LIBRARY_PATH-${LD_LIBRARY_PATH:-}}"
fi

system=$(system_library)
[ -z "$system" ] || keep "$system" ""

unpacked_library() { find "$root" -name 'libnode.so.[0-9]*' 2>/dev/null | sort | tail -n 1; }

library=$(unpacked_library)
if [ -z "$library" ] || [ ! -e "$folder/complete" ]; then
  command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
    fail "there is no libnode; install it with 'dnf install nodejs-libs' (Fedora, RHEL; Amazon Linux 2023: nodejs22-libs), or set KINESIS_LIBNODE to one"
  package=$(find_package)
  [ -n "$package" ] || {
    apt_update || exit 1
    package=$(find_package)
  }
  [ -n "$package" ] ||
    fail "this distribution has no libnode of Node.js 18 or newer (Debian 12 and Ubuntu 24.04 do); set KINESIS_LIBNODE to one"

  rm -rf "$root" "$folder/complete" "$folder/modules"
  modules_packages=
  unpack_library "$package"
  library=$(unpacked_library)
  [ -n "$library" ] || fail "$package has no libnode.so"
  absent=$(LD_LIBRARY_PATH=$(dirname "$library") ldd "$library" 2>&1 | grep 'not found' || true)
  [ -z "$absent" ] || fail "$package can't be loaded here: $absent"
  echo "$modules_packages" >"$folder/complete"
fi
provide_modules "$library"
keep "$library" "$(dirname "$library")"
