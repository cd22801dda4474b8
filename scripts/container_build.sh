#!/bin/sh
# Builds bin/kinesis.so as an image build would: in a new Debian 12 with Debian's own tools, from a clone of the last commit.
#
# Only fetching the packages of Debian and npm uses the network; the build itself has none. Needs root.
# Compares the result with bin/kinesis.so, if there is one: on Debian 12 both have the same bytes.
# Copies this machine's resolv.conf and certificates into the tree, to reach the registries.
set -eu

project=$(cd "$(dirname "$0")/.." && pwd)
tree=$project/build/container
tools="git make g++ cmake nodejs npm ca-certificates"
PATH=$PATH:/usr/sbin:/sbin
export PATH

say() { echo "container: $*" >&2; }
. "$(dirname "$0")/apt.sh"

# within UNSHARE_OPTIONS COMMAND: runs a command in the tree, with a clean environment
within() {
  options=$1
  shift
  # shellcheck disable=SC2086
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive \
    NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
    unshare --mount $options sh -c '
      mount -t proc proc "$1/proc"
      mount --bind /dev "$1/dev"
      exec chroot "$1" sh -ec "$2"' sh "$tree" "$*"
}

[ "$(id -u)" -eq 0 ] || { say "only root can make a tree, and change its root to it"; exit 1; }
command -v debootstrap >/dev/null || apt_install debootstrap || { say "debootstrap is missing, and apt-get can't install it"; exit 1; }
if [ ! -d "$tree" ]; then
  say "making a Debian 12 with $tools"
  rm -rf "$tree.part"
  mkdir -p "$tree.part"
  # shellcheck disable=SC2086
  debootstrap --variant=minbase --include=ca-certificates bookworm "$tree.part" ${MATRIX_MIRROR:-} >"$project/build/container.log" 2>&1 || {
    say "debootstrap failed: $(tail -n 1 "$project/build/container.log")"
    exit 1
  }
  cp /etc/resolv.conf "$tree.part/etc/"
  cp /etc/ssl/certs/ca-certificates.crt "$tree.part/etc/ssl/certs/"
  mv "$tree.part" "$tree"
fi
within "" "apt-get update -qq; apt-get install -y -qq --no-install-recommends $tools >/dev/null"

say "building"
rm -rf "$tree/source.git" "$tree/source"
git clone -q --bare "$project" "$tree/source.git"
within "" "git config --global safe.directory '*'; git clone -q /source.git /source; cd /source; make node_modules/.package-lock.json"
within --net "cd /source; make release >/dev/null"

built=$tree/source/bin/kinesis.so
ls -l "$built"
if [ -e "$project/bin/kinesis.so" ]; then
  cmp "$built" "$project/bin/kinesis.so" && say "the same bytes as bin/kinesis.so"
fi
