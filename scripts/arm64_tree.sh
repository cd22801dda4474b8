#!/bin/sh
# Makes a tree of Debian 12 for arm64 with an emulator in it, and prints its path for `eval`.
#
# Prints one line: KINESIS_TEST_ARM64 with the folder, or, when the tree cannot be made,
# KINESIS_TEST_ARM64_SKIPPED with the reason (status 0 too). The same line is kept in build/arm64/environment.
# The packages are only unpacked: setting them up needs arm64 programs that start each other.
set -eu

folder=$(cd "$(dirname "$0")/.." && pwd)/build/arm64
tree=$folder/tree
emulator=/usr/bin/qemu-aarch64-static
packages="debootstrap g++-aarch64-linux-gnu qemu-user-static"
PATH=$PATH:/usr/sbin:/sbin

subject=arm64
tests="the tests on arm64"
skipped=KINESIS_TEST_ARM64_SKIPPED
. "$(dirname "$0")/found_tools.sh"

complete() { has debootstrap && has aarch64-linux-gnu-g++ && [ -x "$emulator" ]; }

[ "$(id -u)" -eq 0 ] || skip "only root can make a tree, and change its root to it"
# shellcheck disable=SC2086
complete || { has apt-get && apt_install $packages; } ||
  skip "some of these can't be installed: $packages"
complete || skip "some of these are still missing after apt-get install: $packages"
unshare --mount true 2>/dev/null || skip "this machine allows no mount namespaces (unshare --mount)"

if [ ! -d "$tree" ]; then
  say "making a tree of Debian bookworm for arm64"
  rm -rf "$tree.part"
  mkdir -p "$tree.part"
  # shellcheck disable=SC2086
  debootstrap --foreign --arch=arm64 --variant=minbase --include=nodejs,ca-certificates bookworm "$tree.part" \
    ${MATRIX_MIRROR:-} >"$folder/tree.log" 2>&1 || skip "debootstrap failed: $(tail -n 1 "$folder/tree.log")"
  for deb in "$tree.part"/var/cache/apt/archives/*.deb; do
    dpkg -x "$deb" "$tree.part" || skip "dpkg -x $deb failed"
  done
  rm -rf "$tree.part/var/cache/apt" "$tree.part/debootstrap"
  cp "$emulator" "$tree.part$emulator"
  mv "$tree.part" "$tree"
fi
keep "export KINESIS_TEST_ARM64=$(quoted "$tree")"
