// Runs Windows on this machine: the host program with kinesis.dll in wine, with each node.exe, or the reason why it cannot.
import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Environment, pluginEnvironment } from "./environment.js";
import { compileHost, type HostProgram, ROOT } from "./host_program.js";

/** The library under test; KINESIS_TEST_WINDOWS_PLUGIN names another build of it. */
export const WINDOWS_PLUGIN = process.env["KINESIS_TEST_WINDOWS_PLUGIN"] ?? path.join(ROOT, "bin", "kinesis.dll");

export interface WindowsNode {
  readonly version: string;
  /** Path of its node.exe on this machine. */
  readonly file: string;
}

const { KINESIS_TEST_WINE: wine, KINESIS_TEST_WINE_PREFIX: prefix, KINESIS_TEST_WINDOWS_NODES: nodeFiles } = process.env;
const nodesFound = (nodeFiles ?? "").split(":").filter((file) => existsSync(file));
const mark = randomUUID();
const markName = "WINDOWS_TEST_RUN";
const longestWaitMs = 60_000;

function whySkipped(): string | undefined {
  const reason = process.env["KINESIS_TEST_WINDOWS_SKIPPED"];
  if (reason !== undefined && reason !== "") return reason;
  if (wine === undefined || prefix === undefined || !existsSync(wine) || !existsSync(prefix) || nodesFound.length === 0) {
    return "wine and node.exe are not set up; run: make test-windows";
  }
  if (!existsSync(WINDOWS_PLUGIN)) return "there is no kinesis.dll; run: make windows-release";
  return undefined;
}

/** Reason why nothing of Windows can be tested here; undefined if it can. */
export const windowsSkipped = whySkipped();

/** Returns a title with the reason if the tests under it are skipped. */
export function windowsTitle(title: string): string {
  return windowsSkipped === undefined ? title : `${title} (skipped: ${windowsSkipped})`;
}

/** Each node.exe to test with; if there is none, a placeholder that names the skipped tests. */
export const windowsNodes: readonly WindowsNode[] =
  nodesFound.length === 0
    ? [{ version: "of any version", file: "" }]
    : nodesFound.map((file) => ({ version: path.basename(path.dirname(file)), file }));

/** Returns wine's path of a file of this machine, in drive Z. */
export function windowsPath(file: string): string {
  return `Z:${path.resolve(file).replaceAll("/", "\\")}`;
}

/** Returns the host program in wine, whose plugin runs its core in this node.exe. */
export async function windowsHost(node: WindowsNode): Promise<HostProgram> {
  const compiler = "x86_64-w64-mingw32-g++-posix";
  const program = path.join(ROOT, "build", "windows", "host.exe");
  await compileHost(compiler, "windows", ["-static", "-lpsapi"], program);
  return {
    command: wine ?? "wine",
    args: [program],
    plugin: WINDOWS_PLUGIN,
    environment: (extra: Environment) =>
      pluginEnvironment({
        LD_LIBRARY_PATH: undefined,
        KINESIS_LIBNODE: undefined,
        AWS_CONFIG_FILE: "NUL",
        AWS_SHARED_CREDENTIALS_FILE: "NUL",
        WINEPREFIX: prefix,
        WINEDEBUG: "-all",
        WINEDLLOVERRIDES: "mscoree,mshtml=",
        // node.exe does not support wine's version of Windows.
        NODE_SKIP_PLATFORM_CHECK: "1",
        KINESIS_RUNTIME: "process",
        KINESIS_NODE: windowsPath(node.file),
        [markName]: mark,
        ...extra,
      }),
    pathOf: windowsPath,
  };
}

/** Returns the program with a terminal as standard error, which wine turns into a Windows console. */
export function onConsole(host: HostProgram): HostProgram {
  // script(1) gives its command a terminal; standard input and output stay pipes.
  const inTerminal = `exec 3<&0 4>&1; exec script -qefc '"$WINE_PROGRAM" "$WINE_HOST" <&3 >&4' /dev/null </dev/null >&2`;
  const [program = ""] = host.args;
  return {
    ...host,
    command: "sh",
    args: ["-c", inTerminal],
    environment: (extra) => ({ ...host.environment(extra), WINE_PROGRAM: host.command, WINE_HOST: program, SHELL: "/bin/sh" }),
  };
}

/** Returns this machine's numbers of living node.exe processes that this test file's hosts have started. */
export function nodeProcesses(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && isOurNode(name))
    .map(Number);
}

function isOurNode(pid: string): boolean {
  try {
    const [program = ""] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    // A process that has ended but was not waited for has no environment.
    return /[\\/]node\.exe$/i.test(program) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(`${markName}=${mark}`);
  } catch {
    return false; // It went away while we looked.
  }
}

/** Waits until this many node.exe of this test file are alive. */
export async function untilNodeProcesses(count: number): Promise<void> {
  const deadline = Date.now() + longestWaitMs;
  for (;;) {
    const alive = nodeProcesses();
    if (alive.length === count) return;
    if (Date.now() > deadline) throw new Error(`${alive.length} node.exe are alive, not ${count}`);
    await sleep(50);
  }
}

/** Kills each node.exe of this test file, as Windows' task manager does. */
export function killNodeProcesses(): void {
  for (const pid of nodeProcesses()) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It had already ended.
    }
  }
}
