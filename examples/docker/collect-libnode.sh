#!/bin/sh
# Copies libnode, its libraries and the modules it reads into a folder, to be copied over an image.
#
#     collect-libnode.sh TARGET [IMAGE]
#
# Run it in the image's distribution, with libnode installed. IMAGE is a copy of the image's files: libraries that it has
# are left out, so that none is replaced. Never copies glibc: the image must have it.
# KINESIS_LIBNODE names a libnode that the loader does not know.
set -eu

target=$1
image=${2:-}
PATH=$PATH:/usr/sbin:/sbin

say() { echo "collect-libnode: $*" >&2; }
fail() {
  say "$*"
  exit 1
}

library=${KINESIS_LIBNODE:-$(ldconfig -p | sed -n 's/^[[:space:]]*libnode\.so\.[0-9][0-9]* .*=> //p' | sort -V | tail -n 1)}
[ -n "$library" ] || fail "there is no libnode here; install it first (Debian: libnode115, Amazon Linux: nodejs22-libs)"

needed=$(ldd "$library")
case $needed in *'not found'*) fail "$library lacks libraries: $needed" ;; esac

# The loader always searches libc's folder. Uses its real path, since /lib may be a link or a folder.
libc=$(echo "$needed" | sed -n 's/.*=> \(.*\/libc\.so\.6\) .*/\1/p')
[ -n "$libc" ] || fail "$library needs no glibc; the plugin does"
folder=$(readlink -f "$(dirname "$libc")")

in_image() { # in_image NAME
  [ -n "$image" ] || return 1
  for place in "$folder" "${folder#/usr}"; do
    [ ! -e "$image$place/$1" ] || return 0
  done
  return 1
}

mkdir -p "$target$folder"
for file in "$library" $(echo "$needed" | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p'); do
  name=$(basename "$file")
  case $name in
    libc.so.* | libm.so.* | libdl.so.* | libpthread.so.* | librt.so.* | libresolv.so.* | ld-linux*) continue ;;
  esac
  if in_image "$name"; then
    say "$name is in the image"
  else
    cp -L "$file" "$target$folder/$name"
    say "$name"
  fi
done

# Distributions move some of Node's modules out of libnode, which reads them from these fixed paths and aborts without them.
for module in $(grep -aoE '/usr/(share|lib)/[A-Za-z0-9@_./-]+\.js' "$library" | sort -u); do
  [ -e "$module" ] || continue
  mkdir -p "$target$(dirname "$module")"
  cp -L "$module" "$target$module"
  say "$module"
done
