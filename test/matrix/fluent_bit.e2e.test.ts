// Tests the real Fluent Bit (FLUENT_BIT) in Debian 12, 13 and unstable, on each one's Node.js, in both runtimes.
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { makeCertificate } from "../support/certificate.js";
import { deaggregateAll, isAggregate } from "../support/deaggregate.js";
import type { Environment } from "../support/environment.js";
import { FluentBit, type FluentBitSettings } from "../support/fluent_bit.js";
import { HeldKinesis } from "../support/held_kinesis.js";
import { PLUGIN } from "../support/host_program.js";
import { debianVersion, matrixCells, matrixSkipped } from "../support/matrix.js";
import { fluentBitIn, fluentBitProgram, missingGlibc, stageFluentBit } from "../support/matrix_fluent_bit.js";
import type { Options } from "../support/plugin_host.js";
import { RecordingKinesis } from "../support/recording_kinesis.js";
import { ScriptedProxy } from "../support/scripted_proxy.js";
import { jsonOf } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const IN_ORDER = { status: 0, signal: null };
const WAIT = { timeout: 60_000, interval: 20 };
/** Number of runs of each end: MATRIX_ENDINGS. */
const repeats = Number(process.env["MATRIX_ENDINGS"] ?? 1) - 1;

const skipped = matrixSkipped ?? (fluentBitProgram === "" ? "FLUENT_BIT names no program" : undefined);
const tooOld = skipped === undefined ? matrixCells.filter((cell) => missingGlibc(cell).length > 0) : [];
const rows = matrixCells.filter((cell) => !tooOld.includes(cell)).map((cell) => [cell.suite, debianVersion(cell.tree), cell.runtime, cell] as const);
const title = `Fluent Bit in Debian %s (%s), runtime %s${skipped === undefined ? "" : ` (skipped: ${skipped})`}`;

it.skip.each(tooOld.map((cell) => [cell.suite, cell.runtime, missingGlibc(cell).join(", ")] as const))(
  "Fluent Bit in Debian %s, runtime %s (skipped: that Fluent Bit needs %s)",
  () => undefined,
);

describe.skipIf(skipped !== undefined).each(rows)(title, (_suite, _version, runtime, cell) => {
  let staged = "";
  let folder = "";
  const running: { destroy(): Promise<void> }[] = [];
  beforeAll(() => {
    staged = stageFluentBit(cell);
  });
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "matrix-"));
  });
  afterEach(async () => {
    for (const one of running.splice(0).reverse()) await one.destroy();
    rmSync(folder, { recursive: true, force: true });
  });

  function started<T extends { destroy(): Promise<void> }>(one: T): T {
    running.push(one);
    return one;
  }
  const recording = async (...settings: Parameters<typeof RecordingKinesis.start>): Promise<RecordingKinesis> =>
    started(await RecordingKinesis.start(...settings));
  const write = (...lines: readonly string[]): void => appendFileSync(path.join(folder, "tailed"), lines.map((line) => `${line}\n`).join(""));
  const linesOf = (records: readonly { readonly data: Uint8Array }[]): unknown[] => records.map((record) => jsonOf(record)["log"]);

  function fluentBit(endpoint: string, options: Options = {}, environment: Environment = {}, hotReload: readonly string[] = []): FluentBit {
    const tail = { path: path.join(folder, "tailed"), db: path.join(folder, "db"), read_from_head: "true", refresh_interval: "1" };
    const pipeline = {
      inputs: [{ name: "tail", properties: tail }],
      outputs: [{ name: "kinesis", properties: { stream: "any", region: "us-west-2", endpoint, ...options } }],
      service: { "scheduler.base": "1", "scheduler.cap": "2" },
    };
    const inTree = fluentBitIn(cell, staged, PLUGIN);
    const settings: FluentBitSettings = {
      ...inTree,
      extraArguments: [...(inTree.extraArguments ?? []), ...hotReload],
      environment: { ...inTree.environment, ...environment },
    };
    return started(FluentBit.fromConfiguration(pipeline, settings));
  }

  /** Ends Fluent Bit after it has logged where Node.js runs. */
  async function endsInOrder(program: FluentBit): Promise<void> {
    const place = runtime === "embedded" ? /runs in Fluent Bit's process, from libnode\.so\.\d+, as set by KINESIS_RUNTIME$/m : /runs in a separate process/;
    await program.waitForLog(place);
    expect(await program.stop(), program.output).toEqual(IN_ORDER);
  }

  it("sends the rest of a partially delivered chunk, and no record twice", async () => {
    const kinesis = await recording();
    kinesis.isThrottled = (data) => data.includes("second");
    write("first", "second");
    const program = fluentBit(kinesis.endpoint, { retry_timeout: "0" });
    await program.waitForLog(/failed to flush chunk/);
    kinesis.isThrottled = () => false;
    await vi.waitUntil(() => kinesis.taken.length >= 2, WAIT);
    await endsInOrder(program);
    expect(linesOf(kinesis.taken)).toEqual(["first", "second"]);
  });

  it("sends through a proxy with a password", async () => {
    const { certificateFile, serverFile } = await makeCertificate(folder, "DNS:kinesis.example");
    const { server } = JSON.parse(readFileSync(serverFile, "utf8")) as { server: { key: string; cert: string } };
    const kinesis = await recording({ tls: server });
    const proxy = await ScriptedProxy.start({ credentials: "user:secret", target: { port: Number(new URL(kinesis.endpoint).port) } });
    running.push({ destroy: async () => proxy.stop() });
    write("proxied");
    const program = fluentBit("https://kinesis.example", {}, { HTTPS_PROXY: `http://user:secret@${proxy.address}`, AWS_CA_BUNDLE: certificateFile });
    await vi.waitUntil(() => kinesis.taken.length > 0, WAIT);
    await endsInOrder(program);
    expect(linesOf(kinesis.taken)).toEqual(["proxied"]);
    expect(proxy.tunnels).toContain("kinesis.example:443");
  });

  // In addition to all of the system's authorities: Node 24 keeps a list of them until its end.
  it.each([[["NODE_EXTRA_CA_CERTS"]], [["AWS_CA_BUNDLE"]], [["NODE_EXTRA_CA_CERTS", "AWS_CA_BUNDLE"]]])(
    "trusts the certificates of %s, and ends cleanly",
    { repeats },
    async (variables) => {
      const { certificateFile, serverFile } = await makeCertificate(folder);
      const { server } = JSON.parse(readFileSync(serverFile, "utf8")) as { server: { key: string; cert: string } };
      const bundle = path.join(folder, "bundle.pem");
      const system = path.join(cell.tree, "etc/ssl/certs/ca-certificates.crt");
      expect(existsSync(system)).toBe(true);
      writeFileSync(bundle, readFileSync(certificateFile, "utf8") + readFileSync(system, "utf8"));
      const kinesis = await recording({ tls: server });
      write("trusted");
      const program = fluentBit(kinesis.endpoint, {}, Object.fromEntries(variables.map((variable) => [variable, bundle])));
      await vi.waitUntil(() => kinesis.taken.length > 0, WAIT);
      await endsInOrder(program);
      expect(linesOf(kinesis.taken)).toEqual(["trusted"]);
    },
  );

  it("delivers before and after a hot reload, and ends cleanly", { repeats }, async () => {
    const kinesis = await recording();
    write("before");
    const program = fluentBit(kinesis.endpoint, {}, {}, ["-Y"]);
    await vi.waitUntil(() => kinesis.taken.length === 1, WAIT);
    program.signal("SIGHUP");
    await program.waitForLog(/\[reload\] successful reload done|reloaded/);
    write("after");
    await vi.waitUntil(() => kinesis.taken.length >= 2, WAIT);
    await endsInOrder(program);
    expect(linesOf(kinesis.taken)).toEqual(["before", "after"]);
  });

  it("ends cleanly on SIGTERM, after delivering the chunk in flight", { repeats }, async () => {
    const kinesis = started(await HeldKinesis.start());
    kinesis.mood = "hold";
    write("in flight");
    const program = fluentBit(kinesis.endpoint);
    await kinesis.untilRequested(1);
    program.signal("SIGTERM");
    await program.waitForLog(/service will shutdown/);
    kinesis.release();
    expect(await program.ended(), program.output).toEqual(IN_ORDER);
    expect(linesOf(kinesis.taken)).toEqual(["in flight"]);
  });

  it("sends aggregates that AWS's own package can deaggregate", async () => {
    const kinesis = await recording();
    const lines = Array.from({ length: 50 }, (_, n) => `line ${n}`);
    write(...lines);
    const program = fluentBit(kinesis.endpoint, { aggregation: "true" });
    await vi.waitUntil(() => deaggregateAll(kinesis.taken).length >= 50, WAIT);
    await endsInOrder(program);
    expect(kinesis.taken.every(isAggregate)).toBe(true);
    expect(linesOf(deaggregateAll(kinesis.taken))).toEqual(lines);
  });

  it("compresses each record with gzip", async () => {
    const kinesis = await recording();
    write("again ".repeat(2000));
    const program = fluentBit(kinesis.endpoint, { compression: "gzip" });
    await vi.waitUntil(() => kinesis.taken.length > 0, WAIT);
    await endsInOrder(program);
    expect(kinesis.taken.map(({ data }) => jsonOf({ data: gunzipSync(data) })["log"])).toEqual(["again ".repeat(2000)]);
  });
});
