// Runs a real Fluent Bit (FLUENT_BIT names the program) with the plugin, from arguments or a configuration file.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Child, type ChildEnd } from "./child.js";
import { type Environment, pluginEnvironment } from "./environment.js";
import { PLUGIN } from "./plugin_host.js";

export interface Section {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
}

export interface Pipeline {
  readonly inputs: readonly Section[];
  readonly outputs: readonly Section[];
  /** Seconds of Flush and Grace. */
  readonly flush?: string;
  readonly grace?: number;
  /** Further properties of [SERVICE]; only with a configuration file. */
  readonly service?: Readonly<Record<string, string>>;
}

export interface FluentBitSettings {
  readonly program?: string;
  readonly plugin?: string;
  readonly cwd?: string;
  readonly environment?: Environment;
  readonly extraArguments?: readonly string[];
}

/** Returns the pipeline as command-line arguments. */
export function argumentsOf(pipeline: Pipeline, plugin = PLUGIN): string[] {
  const properties = (section: Section): string[] =>
    Object.entries(section.properties).flatMap(([key, value]) => ["-p", `${key}=${value}`]);
  return [
    ...["-f", pipeline.flush ?? "0.2", "-e", plugin],
    ...pipeline.inputs.flatMap((input) => ["-i", input.name, ...properties(input)]),
    ...pipeline.outputs.flatMap((output) => ["-o", output.name, "-m", "*", ...properties(output)]),
  ];
}

/** Returns the pipeline as a classic configuration file. */
export function configurationOf(pipeline: Pipeline): string {
  const section = (kind: string, values: Readonly<Record<string, string>>): string =>
    `[${kind}]\n${Object.entries(values)
      .map(([key, value]) => `    ${key} ${value}\n`)
      .join("")}`;
  return [
    section("SERVICE", { flush: pipeline.flush ?? "0.2", grace: String(pipeline.grace ?? 10), hot_reload: "on", ...pipeline.service }),
    ...pipeline.inputs.map(({ name, properties }) => section("INPUT", { name, ...properties })),
    ...pipeline.outputs.map(({ name, properties }) => section("OUTPUT", { name, match: "*", ...properties })),
  ].join("\n");
}

export class FluentBit {
  readonly #folder: string | undefined;

  private constructor(
    readonly child: Child,
    folder?: string,
  ) {
    this.#folder = folder;
  }

  static fromArguments(pipeline: Pipeline, settings: FluentBitSettings = {}): FluentBit {
    return new FluentBit(spawn(argumentsOf(pipeline, settings.plugin), settings));
  }

  /** Starts Fluent Bit with a configuration file, as hot reloads need. */
  static fromConfiguration(pipeline: Pipeline, settings: FluentBitSettings = {}): FluentBit {
    return FluentBit.fromText("fluent-bit.conf", configurationOf(pipeline), settings);
  }

  /** Starts Fluent Bit with this configuration file; the name's suffix selects the form. */
  static fromText(name: string, text: string, settings: FluentBitSettings = {}): FluentBit {
    const folder = mkdtempSync(path.join(tmpdir(), "fluent-bit-"));
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return new FluentBit(spawn(["-e", settings.plugin ?? PLUGIN, "-c", file], settings), folder);
  }

  get output(): string {
    return this.child.output;
  }

  async waitForLog(pattern: RegExp): Promise<string> {
    return this.child.waitForText(pattern);
  }

  /** Waits until the log has the pattern this many times. */
  async waitForLogs(pattern: RegExp, times: number): Promise<void> {
    const all = new RegExp(pattern, "g");
    const enough = (): true | undefined => ((this.output.match(all) ?? []).length >= times ? true : undefined);
    await this.child.waitUntil(enough, `${times} times ${pattern}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async ended(): Promise<ChildEnd> {
    const end = await this.child.ended;
    this.#removeFolder();
    return end;
  }

  /** Sends SIGTERM and waits for the end. */
  async stop(): Promise<ChildEnd> {
    this.signal("SIGTERM");
    return this.ended();
  }

  async destroy(): Promise<void> {
    await this.child.destroy();
    this.#removeFolder();
  }

  #removeFolder(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}

function spawn(args: readonly string[], settings: FluentBitSettings): Child {
  const program = settings.program ?? process.env["FLUENT_BIT"];
  if (program === undefined) throw new Error("FLUENT_BIT is unset");
  return new Child(program, [...(settings.extraArguments ?? []), ...args], {
    env: pluginEnvironment(settings.environment),
    ...(settings.cwd === undefined ? {} : { cwd: settings.cwd }),
  });
}

/** Returns the processes whose command line contains `text`, to find a daemon again. */
export function processesWith(text: string): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text);
    } catch {
      return false; // It ended meanwhile.
    }
  });
}
