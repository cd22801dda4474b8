// Sends a real log file through the plugin into a Kinesis on this machine, and reads it back: the demonstration.
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Child } from "../test/support/child.js";
import { pluginEnvironment } from "../test/support/environment.js";
import { chunkOf } from "../test/support/event_chunk.js";
import { FluentBit } from "../test/support/fluent_bit.js";
import { freePort, KinesisLocal, REGION } from "../test/support/kinesis_local.js";
import { FLB_OK, type Options, PLUGIN, PluginHost } from "../test/support/plugin_host.js";
import { compareLines, comparisonText } from "./demo_comparison.js";
import { findFluentBit } from "./fluent_bit_program.js";
import { dashboard, type Look } from "./watch/dashboard.js";
import { scrape } from "./watch/scrape.js";

const USUAL_LOGS = ["/var/log/dpkg.log", "/var/log/apt/history.log", "/var/log/syslog", "/var/log/alternatives.log"];
const MAX_LINES = 10_000;
const LINES_PER_CHUNK = 500;
const STREAM = "demo";
const SHOWN_RECORDS = 3;
/** Options for kinesis-local, which needs seconds for 500 records on a busy machine and serves one request at a time. */
const PATIENCE = { concurrent_requests: "2", http_request_timeout: "60" };
/** Minimum pause between two counts of the arrived records, and the maximum share of the time for counting. */
const LOOK_PAUSE_MS = 500;
const LOOK_SHARE = 0.2;
/** Seconds for which Fluent Bit waits for flushes in flight when its input has ended. */
const GRACE_S = 600;
/** Milliseconds after which reading back ends, also if a record is missing. */
const MAX_READING_MS = 120_000;

const cleanups: (() => Promise<void> | void)[] = [];
let cleaning: Promise<void> | undefined;

function cleanUp(): Promise<void> {
  cleaning ??= (async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  })();
  return cleaning;
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return statSync(file).isFile() && statSync(file).size > 0;
  } catch {
    return false;
  }
}

function chooseLog(asked: string | undefined): string {
  if (asked !== undefined && asked !== "") {
    if (isReadable(asked)) return asked;
    throw new Error(`LOG=${asked} is not a file that can be read, or is empty`);
  }
  const found = [...USUAL_LOGS, "README.md"].find(isReadable);
  if (found === undefined) throw new Error("no log file found; name one: make demo LOG=path");
  return found;
}

async function sendThroughFluentBit(
  program: string,
  lines: readonly string[],
  options: Options,
  arrived: () => Promise<number>,
  isWatched: boolean,
): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "kinesis-demo-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "demo.log");
  writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
  const properties = { path: file, read_from_head: "true", exit_on_eof: String(!isWatched), buffer_max_size: "8M" };
  const pipeline = { inputs: [{ name: "tail", properties }], outputs: [{ name: "kinesis", properties: options }], grace: GRACE_S };
  const port = String(await freePort());
  const extraArguments = isWatched ? ["-H", "-L", "127.0.0.1", "-P", port] : [];
  const fluentBit = FluentBit.fromConfiguration(pipeline, { program, extraArguments });
  cleanups.push(async () => fluentBit.destroy());
  const end = fluentBit.ended();
  let before: Look | undefined;
  let pauseMs = LOOK_PAUSE_MS;
  while (!fluentBit.child.hasEnded) {
    await Promise.race([sleep(pauseMs), end]);
    const lookedAt = performance.now();
    const count = await arrived();
    pauseMs = Math.max(LOOK_PAUSE_MS, (performance.now() - lookedAt) / LOOK_SHARE);
    console.log(`  ${count} of ${lines.length} records are in the stream`);
    if (!isWatched) continue;
    const now = await showMetrics(port, before);
    // All records have arrived: ends Fluent Bit when the metrics have been shown once more.
    if (count >= lines.length && before !== undefined && now !== before) fluentBit.signal("SIGTERM");
    before = now;
  }
  const { status } = await end;
  if (status !== 0) throw new Error(`Fluent Bit ended with status ${status}:\n${fluentBit.output.slice(-4000)}`);
}

/** Prints the metrics as `kinesis-watch` does. Ignores failures: Fluent Bit does not respond while it starts or ends. */
async function showMetrics(port: string, before: Look | undefined): Promise<Look | undefined> {
  const url = new URL(`http://127.0.0.1:${port}/api/v2/metrics/prometheus`);
  const now = await scrape(url, AbortSignal.timeout(2_000)).catch(() => undefined);
  if (now === undefined || now.series.length === 0) return before;
  console.log(dashboard(before, now).replace(/^/gmu, "    ").trimEnd());
  return now;
}

async function sendThroughHost(lines: readonly string[], options: Options): Promise<void> {
  const host = await PluginHost.start();
  cleanups.push(async () => host.destroy());
  await host.load();
  const instance = await host.open(options);
  for (let first = 0; first < lines.length; first += LINES_PER_CHUNK) {
    const chunk = lines.slice(first, first + LINES_PER_CHUNK);
    const code = await host.flush(instance, chunkOf(chunk.map((log) => ({ log }))), "demo");
    if (code !== FLB_OK) throw new Error(`a flush failed with reply ${code}:\n${host.stderr}`);
    console.log(`  ${first + chunk.length} of ${lines.length} records sent`);
  }
  const { status, stderr } = await host.end();
  if (status !== 0) throw new Error(`the host program ended with status ${status}:\n${stderr}`);
}

/** Returns the lines that `npm run tail` prints for the first `count` records. */
async function readBack(endpoint: string, count: number, ...more: readonly string[]): Promise<string[]> {
  const which = ["--stream", STREAM, "--region", REGION, "--endpoint", endpoint, "--from", "trim-horizon"];
  const tail = new Child(process.execPath, ["scripts/tail.mjs", ...which, "--count", String(count), ...more], { env: pluginEnvironment() });
  cleanups.push(async () => tail.destroy());
  const timer = setTimeout(() => tail.kill("SIGINT"), MAX_READING_MS);
  const { status } = await tail.ended;
  clearTimeout(timer);
  if (status !== 0) throw new Error(`npm run tail ended with status ${status}:\n${tail.stderr}`);
  return tail.stdout.split("\n").slice(0, -1);
}

async function demonstrate(asked: string | undefined, isWatched: boolean): Promise<boolean> {
  if (!existsSync(PLUGIN)) throw new Error("bin/kinesis.so does not exist; run make first");
  const log = chooseLog(asked);
  const all = readFileSync(log, "utf8").split(/\r?\n/).filter((line) => line !== "");
  const lines = all.slice(0, MAX_LINES);
  const part = lines.length < all.length ? ` (the first ${MAX_LINES} of ${all.length})` : "";
  console.log(`Log file: ${log}, ${lines.length} lines${part}, without empty lines`);

  console.log("Starting kinesis-local, a Kinesis on this machine ...");
  const kinesis = await KinesisLocal.start();
  cleanups.push(async () => kinesis.stop());
  await kinesis.createStream(STREAM, 2);
  console.log(`It listens at ${kinesis.endpoint}; the stream "${STREAM}" has 2 shards`);

  const options = { stream: STREAM, region: REGION, endpoint: kinesis.endpoint, ...PATIENCE };
  const fluentBit = findFluentBit(process.env);
  if (fluentBit !== undefined) {
    console.log(`Sending through Fluent Bit (${fluentBit}) with bin/kinesis.so:`);
    await sendThroughFluentBit(fluentBit, lines, options, async () => (await kinesis.readAll(STREAM)).length, isWatched);
  } else {
    console.log("No Fluent Bit here (FLUENT_BIT, PATH, /opt/fluent-bit): sending through the host program of the tests instead:");
    if (isWatched) console.log("(WATCH=yes shows Fluent Bit's metrics, so there is nothing to watch)");
    await sendThroughHost(lines, options);
  }

  console.log("The first records of the stream, as npm run tail prints them:");
  for (const line of await readBack(kinesis.endpoint, Math.min(SHOWN_RECORDS, lines.length))) console.log(`  ${line.slice(0, 160)}`);
  const received = await kinesis.readAll(STREAM);
  const printed = await readBack(kinesis.endpoint, received.length, "--json");
  const arrived = printed.map((line) => (JSON.parse((JSON.parse(line) as { data: string }).data) as { log: string }).log);
  const comparison = compareLines(lines, arrived);
  console.log(comparisonText(lines.length, received.length, comparison));
  return comparison.missing === 0 && comparison.surplus === 0;
}

const next = `Where to look next:
  make kinesis                      runs a Kinesis on this machine for your own Fluent Bit
  npm run tail -- my-stream         prints a stream's records as they arrive
  npm run watch                     shows the outputs of a running Fluent Bit (make demo WATCH=yes shows it here)
  npm run check -- fluent-bit.conf  reports errors and risks in your configuration
docs/TOOLS.md has these tools, docs/METRICS.md the metrics.`;

for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  process.once(signal, () => {
    console.log("Stopped; cleaning up ...");
    void cleanUp().finally(() => process.exit(status));
  });
}

try {
  const [, , log, ...more] = process.argv;
  const equal = await demonstrate(log, more.some((word) => /^(?:--watch|yes|1|on|true)$/iu.test(word)));
  console.log(equal ? `Everything arrived.\n\n${next}` : "FAILED: the records that arrived differ from the lines that were sent.");
  process.exitCode = equal ? 0 : 1;
} catch (error) {
  if (cleaning === undefined) console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await cleanUp();
}
