#!/bin/sh
# Does outside of Docker what the Debian Dockerfiles of examples/ do: collects libnode in a tree of the distribution, copies it over
# a small image, and starts the host program in that image alone.
#
#     unshare --mount sh image_tree.sh FOLDER TREE COLLECT_SCRIPT RUN_COMMAND PLUGIN HOST SHARED_FOLDER
#
# FOLDER is empty and stays empty: all files are in mounts of this process. COLLECT_LIBNODE and COLLECT_LIBRARY_PATH name a
# libnode that the tree's loader does not know.
set -eu
folder=$1 tree=$2 collect=$3 command=$4 plugin=$5 host=$6 shared=$7

mount -t tmpfs none "$folder"
stage=$folder/stage
image=$folder/image
mkdir "$folder/upper" "$folder/work" "$stage"
mount -t overlay none -o "lowerdir=$tree,upperdir=$folder/upper,workdir=$folder/work" "$stage"
mount --bind /proc "$stage/proc"

# The base image: glibc, a C++ library, OpenSSL and zlib, as in distroless images; everything else must be collected.
libc=$(find "$stage/usr/lib" -name libc.so.6 | head -n 1)
libraries=${libc#"$stage"}
libraries=${libraries%/*}
mkdir -p "$image$libraries" "$image/usr/lib64" "$image/proc" "$image/fluent-bit"
ln -s usr/lib "$image/lib"
ln -s usr/lib64 "$image/lib64"
for name in libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libresolv.so.2 libgcc_s.so.1 libstdc++.so.6 libssl.so.3 \
  libcrypto.so.3 libz.so.1 libzstd.so.1; do
  [ ! -e "$stage$libraries/$name" ] || cp -L "$stage$libraries/$name" "$image$libraries/"
done
for loader in "$stage"/lib64/ld-linux*; do cp -L "$loader" "$image/usr/lib64/"; done

# COPY --from=fluent-bit / /image, and COPY of the script.
cp -a "$image" "$stage/image"
mkdir -p "$stage/usr/local/bin"
cp "$collect" "$stage/usr/local/bin/"
chroot "$stage" env -i PATH=/usr/bin:/bin ${COLLECT_LIBNODE:+"KINESIS_LIBNODE=$COLLECT_LIBNODE"} \
  ${COLLECT_LIBRARY_PATH:+"LD_LIBRARY_PATH=$COLLECT_LIBRARY_PATH"} sh -c "$command" >&2
unset COLLECT_LIBNODE COLLECT_LIBRARY_PATH

# COPY --from=libnode /collected /: a file of the image that it would replace is an error.
(cd "$stage/collected" && find . -type f) | while read -r file; do
  [ ! -e "$image/$file" ] || { echo "image_tree: $file would be replaced" >&2; exit 1; }
done
cp -a "$stage/collected/." "$image/"
cp "$plugin" "$image/fluent-bit/kinesis.so"
cp "$host" "$image/host"
mount --bind /proc "$image/proc"
mkdir -p "$image$shared"
mount --bind "$shared" "$image$shared"
cd "$image$shared"
exec chroot "$image" /host
