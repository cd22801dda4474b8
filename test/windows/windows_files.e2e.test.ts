/** Tests the lock of a state_file on Windows. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Environment } from "../support/environment.js";
import { FLB_ERROR, FLB_OK, PluginHost } from "../support/plugin_host.js";
import { killNodeProcesses, untilNodeProcesses, windowsHost, windowsNodes, windowsPath, windowsSkipped, windowsTitle } from "../support/wine.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const newest = windowsNodes.at(-1) ?? { version: "of any version", file: "" };

describe.skipIf(windowsSkipped !== undefined)(windowsTitle("a state_file on Windows"), () => {
  const stops: (() => unknown)[] = [];
  let folder: string;
  let stateFile: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "windows-state-"));
    stops.push(() => rmSync(folder, { recursive: true }));
    stateFile = path.join(folder, "kinesis.state");
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
    killNodeProcesses();
  });

  async function start(environment: Environment = {}): Promise<PluginHost> {
    const host = await PluginHost.withPlugin(environment, undefined, await windowsHost(newest));
    stops.push(() => host.destroy());
    return host;
  }
  const options = () => ({ stream: "logs", region: "us-west-2", state_file: windowsPath(stateFile) });

  it("is locked by one process until that ends, and is free after that was killed", async () => {
    const first = await start();
    expect((await first.init(options())).code, first.stderr).toBe(FLB_OK);
    const second = await start();
    expect((await second.init(options())).code).toBe(FLB_ERROR);
    expect(await second.waitForMessage(/Invalid 'state_file' value.*/)).toContain("another process uses it");
    await second.quit();
    first.kill("SIGKILL");
    await first.ended();
    await untilNodeProcesses(0);
    const third = await start();
    expect((await third.init(options())).code, third.stderr).toBe(FLB_OK);
    expect((await third.quit()).status).toBe(0);
    expect(existsSync(`${stateFile}.lock`)).toBe(false);
  });

  it("is free when a leftover lock names a running process that does not hold the lock", async () => {
    const [preload, numberFile] = [path.join(folder, "number.cjs"), path.join(folder, "number")];
    writeFileSync(preload, `require("node:fs").writeFileSync(${JSON.stringify(windowsPath(numberFile))}, String(process.pid));`);
    const other = await start({ KINESIS_NODE_OPTIONS: `--require ${windowsPath(preload).replaceAll("\\", "/")}` });
    expect((await other.init({ stream: "logs", region: "us-west-2" })).code, other.stderr).toBe(FLB_OK);
    writeFileSync(`${stateFile}.lock`, `{"pid":${Number(readFileSync(numberFile, "utf8"))}}\n`);
    const host = await start();
    expect((await host.init(options())).code, host.stderr).toBe(FLB_OK);
  });
});
