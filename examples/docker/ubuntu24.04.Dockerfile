# Ubuntu 24.04 with Fluent Bit, the Kinesis plugin and Ubuntu's libnode 18.
#
#     docker build -f examples/docker/ubuntu24.04.Dockerfile --build-arg BASE_IMAGE=… -t example/fluent-bit-kinesis:1-ubuntu .
#
# Ubuntu has no package of Fluent Bit: BASE_IMAGE is your image with the Fluent Bit project's package, in /opt/fluent-bit.
ARG BASE_IMAGE=example/ubuntu-fluent-bit:24.04

FROM ubuntu:24.04 AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates cmake g++ make nodejs npm \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /kinesis
COPY Makefile CMakeLists.txt package.json package-lock.json tsconfig.json LICENSE THIRD-PARTY ./
COPY native native
COPY scripts scripts
COPY src src
RUN make release

FROM ${BASE_IMAGE}
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libnode109 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /kinesis/bin/kinesis.so /opt/fluent-bit/kinesis.so
COPY --from=build /kinesis/LICENSE /kinesis/THIRD-PARTY /usr/share/doc/fluent-bit-kinesis/
ENTRYPOINT ["/opt/fluent-bit/bin/fluent-bit", "-e", "/opt/fluent-bit/kinesis.so"]
CMD ["-c", "/etc/fluent-bit/fluent-bit.conf"]
