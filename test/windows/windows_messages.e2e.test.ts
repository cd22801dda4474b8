/** Tests where messages of kinesis.dll and of its node.exe go on Windows: a pipe, a console, a file, or the event log. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Environment } from "../support/environment.js";
import type { HostProgram } from "../support/host_program.js";
import { FLB_ERROR, FLB_OK, PluginHost } from "../support/plugin_host.js";
import { killNodeProcesses, onConsole, windowsHost, windowsNodes, windowsPath, windowsSkipped, windowsTitle } from "../support/wine.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const newest = windowsNodes.at(-1) ?? { version: "of any version", file: "" };
const options = { stream: "logs", region: "us-west-2" };

describe.skipIf(windowsSkipped !== undefined)(windowsTitle("messages on Windows"), () => {
  const stops: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
    killNodeProcesses();
  });

  async function start(environment: Environment = {}, change: (host: HostProgram) => HostProgram = (host) => host): Promise<PluginHost> {
    const host = await PluginHost.withPlugin(environment, undefined, change(await windowsHost(newest)));
    stops.push(() => host.destroy());
    return host;
  }

  function newFile(): string {
    const folder = mkdtempSync(path.join(tmpdir(), "windows-log-"));
    stops.push(() => rmSync(folder, { recursive: true }));
    return path.join(folder, "kinesis.log");
  }

  it("the reason of a rejected configuration appears on a console", async () => {
    const host = await start({}, onConsole);
    expect((await host.init({ ...options, compression: "lzma" })).code).toBe(FLB_ERROR);
    await host.waitForMessage(/Invalid 'compression' value \(lzma\)/);
  });

  it("the start line of an output appears on a console", async () => {
    const host = await start({}, onConsole);
    expect((await host.init(options)).code).toBe(FLB_OK);
    await host.waitForMessage(/credentials: the environment/);
  });

  it("letters beyond ASCII appear unchanged on a console", async () => {
    const host = await start({}, onConsole);
    expect((await host.init(options, { compression: Buffer.from("gr\u00fc\u00dfe \u65e5\u672c") })).code).toBe(FLB_ERROR);
    await host.waitForMessage(/Invalid 'compression' value \(gr\u00fc\u00dfe \u65e5\u672c\)/);
  });

  it("messages that node.exe itself writes before it ends appear on standard error", async () => {
    const host = await start({ KINESIS_NODE_OPTIONS: "--require Z:\\nowhere\\preload.cjs" });
    expect((await host.init(options)).code).toBe(FLB_ERROR);
    await host.waitForMessage(/preload\.cjs/);
  });

  it("a file that KINESIS_LOG_FILE names gets all messages, including the reason of a failed start", async () => {
    const file = newFile();
    const host = await start({ KINESIS_LOG_FILE: windowsPath(file) });
    expect((await host.init({ ...options, compression: "lzma" })).code).toBe(FLB_ERROR);
    await vi.waitFor(() => expect(readFileSync(file, "utf8")).toMatch(/Invalid 'compression' value \(lzma\)/), { timeout: 30_000 });
    const failing = await start({ KINESIS_LOG_FILE: windowsPath(file), KINESIS_NODE: "C:\\missing\\node.exe" });
    expect((await failing.init(options)).code).toBe(FLB_ERROR);
    await vi.waitFor(() => expect(readFileSync(file, "utf8")).toMatch(/KINESIS_NODE.*C:\\missing\\node\.exe/), { timeout: 30_000 });
    expect(readFileSync(file, "utf8"), "appended").toMatch(/lzma/);
    expect(failing.stderr).not.toContain("missing");
  });

  it("a KINESIS_LOG_FILE that cannot be opened is reported on standard error, which then gets the messages", async () => {
    const host = await start({ KINESIS_LOG_FILE: "C:\\missing\\folder\\kinesis.log" });
    expect((await host.init({ ...options, compression: "lzma" })).code).toBe(FLB_ERROR);
    await host.waitForMessage(/KINESIS_LOG_FILE is 'C:\\missing\\folder\\kinesis\.log', which cannot be opened: /);
    await host.waitForMessage(/Invalid 'compression' value \(lzma\)/);
  });

  it("errors of a program without standard error, such as a service, go to the event log", async () => {
    // Wine writes entries of the event log to its own standard error.
    const service = { HOST_WITHOUT_STANDARD_ERROR: "1", WINEDEBUG: "-all,err+eventlog,warn+eventlog" };
    const host = await start(service);
    expect((await host.init(options)).code).toBe(FLB_OK);
    expect((await host.init({ ...options, compression: "lzma" })).code).toBe(FLB_ERROR);
    expect(await host.waitForMessage(/\w+:eventlog:ReportEventW.*/)).toMatch(/^err:.*Invalid 'compression' value \(lzma\)/);
    expect(host.stderr, "the start line is not an error").not.toContain("credentials: the environment");
    const failing = await start({ ...service, KINESIS_NODE: "C:\\missing\\node.exe" });
    expect((await failing.init(options)).code).toBe(FLB_ERROR);
    await failing.waitForMessage(/eventlog:ReportEventW.*KINESIS_NODE/);
  });

  it("an option that is not UTF-8 is decoded by the ANSI code page", async () => {
    const host = await start();
    const latin1 = Buffer.from("gr\xfc\xdfe", "latin1");
    expect((await host.init(options, { compression: latin1 })).code).toBe(FLB_ERROR);
    await host.waitForMessage(/Invalid 'compression' value \(gr\u00fc\u00dfe\)/);
    expect((await host.init(options, { compression: Buffer.from("gr\u00fc\u00dfe") })).code).toBe(FLB_ERROR);
    await vi.waitFor(() => expect(host.stderr.match(/\(gr\u00fc\u00dfe\)/g)?.length).toBe(2), { timeout: 30_000 });
    expect(host.stderr).not.toContain("\ufffd");
  });
});
