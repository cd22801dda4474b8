# The official Fluent Bit image of version 4.2.1 and newer (distroless, Debian 13) with the Kinesis plugin and libnode 20.
#
#     docker build -f examples/docker/debian13.Dockerfile -t example/fluent-bit-kinesis:1 .
ARG FLUENT_BIT_IMAGE=fluent/fluent-bit:5.1.1

FROM debian:13-slim AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates cmake g++ make nodejs npm \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /kinesis
COPY Makefile CMakeLists.txt package.json package-lock.json tsconfig.json LICENSE THIRD-PARTY ./
COPY native native
COPY scripts scripts
COPY src src
RUN make release

FROM ${FLUENT_BIT_IMAGE} AS fluent-bit

# Must be the image's distribution: libnode uses the image's glibc and libraries.
FROM debian:13-slim AS libnode
RUN apt-get update \
    && apt-get install -y --no-install-recommends libnode115 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=fluent-bit / /image
COPY examples/docker/collect-libnode.sh /usr/local/bin/
RUN sh /usr/local/bin/collect-libnode.sh /collected /image

FROM fluent-bit
COPY --from=libnode /collected /
COPY --from=build /kinesis/bin/kinesis.so /fluent-bit/kinesis.so
COPY --from=build /kinesis/LICENSE /kinesis/THIRD-PARTY /fluent-bit/licenses/kinesis/
ENTRYPOINT ["/fluent-bit/bin/fluent-bit", "-e", "/fluent-bit/kinesis.so"]
CMD ["-c", "/fluent-bit/etc/fluent-bit.conf"]
