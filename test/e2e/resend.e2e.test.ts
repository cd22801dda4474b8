// Tests sending dropped records again with the command: from the plugin's file into a Kinesis on this machine.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Child } from "../support/child.js";
import { pluginEnvironment } from "../support/environment.js";
import { chunkOf } from "../support/event_chunk.js";
import { FaultyKinesis } from "../support/faulty_kinesis.js";
import { REGION } from "../support/kinesis_local.js";
import { FLB_OK } from "../support/plugin_host.js";
import { textOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const script = fileURLToPath(new URL("../../scripts/resend.mjs", import.meta.url));
const streams = useStreams();
const running: Child[] = [];
let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "resend-"));
  file = path.join(folder, "dropped.json");
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((command) => command.destroy()));
  rmSync(folder, { recursive: true, force: true });
});

function start(args: readonly string[]): Child {
  const command = new Child(process.execPath, [script, ...args], { env: pluginEnvironment({ LD_LIBRARY_PATH: undefined }) });
  running.push(command);
  return command;
}

async function resend(...args: readonly string[]) {
  const command = start([file, "--region", REGION, ...args]);
  const { status } = await command.ended;
  return { status, stdout: command.stdout, problems: command.stderr.split("\n").filter((line) => line.startsWith("resend:")) };
}

const letter = (stream: string, data: string, others: object = {}): string =>
  `${JSON.stringify({ stream, form: "record", data: Buffer.from(data).toString("base64"), ...others })}\n`;

it("the command sends the records that Kinesis had rejected, but no events", async () => {
  const stream = await streams.newStream();
  const refusing = await FaultyKinesis.start("refuse(poison)");
  try {
    const host = await streams.host();
    const instance = await host.open(streams.options(stream, { endpoint: refusing.endpoint, log_key: "log", partition_key: "key", dead_letter_file: file }));
    const chunk = chunkOf([{ log: "good", key: "a" }, { log: "poison", key: "web-1" }, { other: 1 }]);
    expect(await host.flush(instance, chunk)).toBe(FLB_OK);
    await host.end();
    expect(refusing.ledger.isSettled("good")).toBe(true);
  } finally {
    await refusing.destroy();
  }
  const { status, stdout, problems } = await resend("--endpoint", streams.kinesis.endpoint);
  expect(problems).toEqual([]);
  expect(stdout).toBe(`${file}: 1 record sent, 1 event that never became a record, now in ${file}.unsent\n`);
  expect(status).toBe(1);
  const received = await streams.kinesis.readAll(stream);
  expect(received.map((record) => [record.partitionKey, textOf(record)])).toEqual([["web-1", "poison"]]);
  expect(readFileSync(`${file}.unsent`, "utf8")).toMatch(/^\{.*"reason":"no_log_key".*\}\n$/u);
  expect(statSync(`${file}.unsent`).mode & 0o777).toBe(0o600);
});

it("the command sends more than one request holds, to the streams of the lines or to another, and reports bad lines", async () => {
  const [one, other] = [await streams.newStream(), await streams.newStream()];
  const lines = Array.from({ length: 1200 }, (_, n) => letter(n % 2 === 0 ? one : other, `${n}`, { partitionKey: `k${n}` }));
  writeFileSync(file, `${lines.join("")}{"torn":\n${letter("a b", "x")}`);
  const { status, stdout, problems } = await resend("--endpoint", streams.kinesis.endpoint);
  expect(problems).toEqual(["resend: line 1201 is skipped: it is not a JSON object", "resend: line 1202 is skipped: its stream is not a stream's name or ARN"]);
  expect(stdout).toBe(`${file}: 1200 records sent, 2 bad lines skipped\n`);
  expect(status).toBe(1);
  expect([(await streams.untilArrived(one, 600)).length, (await streams.untilArrived(other, 600)).length]).toEqual([600, 600]);
  expect(existsSync(`${file}.unsent`)).toBe(false);
  writeFileSync(file, letter(one, "moved"));
  expect(await resend("--endpoint", streams.kinesis.endpoint, "--stream", other)).toMatchObject({ status: 0, stdout: `${file}: 1 record sent\n` });
  expect((await streams.kinesis.readAll(other)).map(textOf)).toContain("moved");
});

it("the command retries failed records, and writes permanent failures to a file that can be sent again", async () => {
  const stream = await streams.newStream();
  const faulty = await FaultyKinesis.start("refuse(poison)");
  try {
    writeFileSync(file, Array.from({ length: 10 }, (_, n) => letter(stream, n === 4 ? "poison" : `${n}`)).join(""));
    const { stdout, problems } = await resend("--endpoint", faulty.endpoint);
    expect(stdout).toBe(`${file}: 9 records sent, 1 not sent, now in ${file}.unsent\n`);
    expect(problems).toEqual([expect.stringMatching(/^resend: line 5 is not sent: ValidationException: /u)]);
    file = `${file}.unsent`;
    expect(await resend("--endpoint", streams.kinesis.endpoint)).toMatchObject({ status: 0 });
    expect((await streams.kinesis.readAll(stream)).map(textOf)).toEqual(["poison"]);
    const good = ["0", "1", "2", "3", "5", "6", "7", "8", "9"];
    expect(faulty.ledger.balance(good)).toMatchObject({ lost: [], doubledAvoidably: [] });
    faulty.follow("fail(0.5:InternalFailure)*2, ok");
    const before = faulty.served.length;
    file = path.join(folder, "more.json");
    const more = Array.from({ length: 20 }, (_, n) => `more ${n}`);
    writeFileSync(file, more.map((data) => letter(stream, data)).join(""));
    expect(await resend("--endpoint", faulty.endpoint)).toMatchObject({ status: 0, stdout: `${file}: 20 records sent\n` });
    expect(faulty.ledger.balance(more)).toMatchObject({ lost: [], doubledAvoidably: [], doubledUnavoidably: [] });
    expect(faulty.served.length - before).toBe(3);
  } finally {
    await faulty.destroy();
  }
});

it("the command keeps all unsent lines when the stream is missing or Ctrl-C comes", async () => {
  writeFileSync(file, letter("no-such-stream", "one") + letter("no-such-stream", "two"));
  const missing = await resend("--endpoint", streams.kinesis.endpoint);
  expect(missing.problems).toEqual([expect.stringContaining("there is no stream 'no-such-stream'")]);
  expect(readFileSync(`${file}.unsent`, "utf8")).toBe(readFileSync(file, "utf8"));
  rmSync(`${file}.unsent`);
  const kinesis = await streams.heldKinesis();
  kinesis.mood = "throttle";
  const command = start([file, "--region", REGION, "--endpoint", kinesis.endpoint]);
  await kinesis.untilRequested(2);
  command.kill("SIGINT");
  expect((await command.ended).status).toBe(1);
  expect(command.stdout).toBe(`${file}: 0 records sent, 2 not sent, now in ${file}.unsent\n`);
  expect(readFileSync(`${file}.unsent`, "utf8")).toBe(readFileSync(file, "utf8"));
});

it("the command sends nothing when the file of unsent lines exists, or there is no file to read", async () => {
  writeFileSync(file, letter("any", "one"));
  writeFileSync(`${file}.unsent`, "earlier");
  expect(await resend()).toMatchObject({ status: 2, problems: [expect.stringContaining("exists already; move it away")] });
  expect(readFileSync(`${file}.unsent`, "utf8")).toBe("earlier");
  file = path.join(folder, "missing");
  expect(await resend()).toMatchObject({ status: 2, problems: [`resend: there is no file ${file}`] });
  file = folder;
  expect(await resend()).toMatchObject({ status: 1, problems: [`resend: ${folder} is a folder`] });
});
