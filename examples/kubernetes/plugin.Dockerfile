# An image with the unpacked archive, for an init container that copies it (init-container-values.yaml).
#
#     make package BUNDLE_LIBNODE=1
#     docker build -f examples/kubernetes/plugin.Dockerfile --build-arg ARCHIVE=kinesis-linux-x64-0.1.0-libnode108.tar.gz \
#         -t example/kinesis-plugin:1 bin
FROM busybox:1.37
ARG ARCHIVE
ADD ${ARCHIVE} /
RUN mv /kinesis-linux-* /plugin
