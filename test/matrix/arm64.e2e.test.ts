// Tests kinesis-arm64.so in an emulated Debian 12 for arm64: its dependencies, and that records arrive.
import { describe, expect, it, vi } from "vitest";
import { ARM64_PLUGIN, arm64Host, arm64Skipped, arm64Title } from "../support/arm64.js";
import { newestGlibc, readElf } from "../support/elf_file.js";
import { chunkOf } from "../support/event_chunk.js";
import { deliveryCases, lifeCases } from "../support/platform_cases.js";
import { useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

describe.skipIf(arm64Skipped !== undefined)(arm64Title("kinesis-arm64.so"), () => {
  const streams = useStreams(arm64Host);

  it("is for arm64, and needs only glibc 2.17, the first on arm64", () => {
    const { machine, needed, versions } = readElf(ARM64_PLUGIN);
    expect(machine).toBe("AArch64");
    expect(needed.filter((name) => !/^(libc\.so\.6|libdl\.so\.2|libm\.so\.6|libpthread\.so\.0|ld-linux-aarch64\.so\.1)$/.test(name))).toEqual([]);
    const [major, minor] = newestGlibc(versions);
    expect(major).toBe(2);
    expect(minor, versions.join(" ")).toBeLessThanOrEqual(17);
  });

  deliveryCases(streams);
  lifeCases(streams);

  it("delivers flushes of four concurrent threads, and ends cleanly on SIGTERM", async () => {
    const kinesis = await streams.instantKinesis();
    const host = await streams.host();
    const instance = await host.open({ ...streams.options("any"), endpoint: kinesis.endpoint });
    expect(await host.flushMany(instance, chunkOf([{ a: 1 }, { a: 2 }]), 4, 25)).toEqual({ errors: 0, oks: 100, retries: 0 });
    expect(kinesis.received.length).toBe(200);
    host.kill("SIGTERM");
    const { stderr, ...end } = await host.ended();
    expect(end, stderr).toEqual({ status: 0, signal: null });
  });

});
