# aws-for-fluent-bit (Amazon Linux 2023) with this plugin as kinesis.so; clones the source, as that image's build does.
#
#     docker build -f examples/docker/aws-for-fluent-bit.Dockerfile --build-arg KINESIS_PLUGIN_CLONE_URL=… \
#         -t example/aws-for-fluent-bit:3-kinesis .
#
# Version 3 of aws-for-fluent-bit is the first on Amazon Linux 2023, which has libnode; version 2 is Amazon Linux 2, without libnode (docs/SUPPORT.md).
# To build that image itself with this plugin, apply aws-for-fluent-bit.patch to its repository, and set KINESIS_PLUGIN_CLONE_URL.
ARG AWS_FOR_FLUENT_BIT_IMAGE=amazon/aws-for-fluent-bit:3.4.5

# These lines replace the Go plugin's in Dockerfile.plugins.
FROM amazonlinux:2023 AS plugins
RUN dnf install -y git cmake gcc-c++ libstdc++-static make findutils nodejs22 nodejs22-npm && dnf clean all
ARG KINESIS_PLUGIN_CLONE_URL=https://example.com/fluent-bit-kinesis-node.git
ARG KINESIS_PLUGIN_BRANCH=main
RUN git clone --branch "${KINESIS_PLUGIN_BRANCH}" "${KINESIS_PLUGIN_CLONE_URL}" /kinesis-streams
WORKDIR /kinesis-streams
RUN make release

# Fluent Bit and AWS's plugins for CloudWatch and Firehose.
FROM ${AWS_FOR_FLUENT_BIT_IMAGE} AS aws-for-fluent-bit

# The image has few packages, perhaps no dnf: a separate stage collects libnode.
FROM amazonlinux:2023 AS libnode
RUN dnf install -y nodejs22-libs && dnf clean all
COPY --from=aws-for-fluent-bit / /image
COPY examples/docker/collect-libnode.sh /usr/local/bin/
RUN sh /usr/local/bin/collect-libnode.sh /collected /image

# Keeps the image's own entry point, which loads /fluent-bit/kinesis.so and AWS's other plugins; an init-* image has a different one.
FROM aws-for-fluent-bit
COPY --from=libnode /collected /
COPY --from=plugins /kinesis-streams/bin/kinesis.so /fluent-bit/kinesis.so
COPY --from=plugins /kinesis-streams/LICENSE /kinesis-streams/THIRD-PARTY /fluent-bit/licenses/kinesis/
