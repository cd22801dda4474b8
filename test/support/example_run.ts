// Starts a Fluent Bit with a configuration of examples/, in which only addresses, folders and waiting times are replaced.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Child, type ChildEnd } from "./child.js";
import { pluginEnvironment } from "./environment.js";
import { freePort, REGION } from "./kinesis_local.js";
import { PLUGIN } from "./plugin_host.js";

export interface Example {
  readonly name: string;
  readonly text: string;
}

/** Returns the environment variables of the examples. */
function variables(stream: string, endpoint: string): Record<string, string> {
  const given = { AWS_REGION: REGION, KINESIS_REGION: REGION, KINESIS_STREAM: stream, KINESIS_ENDPOINT: endpoint };
  return { ...given, HOSTNAME: "machine" };
}

function spawn(args: readonly string[], stream: string, endpoint: string): Child {
  const program = process.env["FLUENT_BIT"] ?? "";
  return new Child(program, [...args], { env: pluginEnvironment(variables(stream, endpoint)) });
}

export class ExampleRun {
  readonly folder = mkdtempSync(path.join(tmpdir(), "example-"));
  readonly #children: Child[] = [];

  private constructor(
    /** Port of the HTTP server. */
    readonly httpPort: number,
    /** Port of the forward protocol. */
    readonly forwardPort: number,
  ) {
    mkdirSync(path.join(this.folder, "log"));
  }

  static async prepare(): Promise<ExampleRun> {
    return new ExampleRun(await freePort(), await freePort());
  }

  /** Returns the path of an example's file in this run. */
  local(file: string): string {
    const folders = [
      ["/var/log/containers", "log"],
      ["/var/log", "log"],
      ["/var/lib/fluent-bit-kinesis", "state"],
      ["/var/lib/fluent-bit", "state"],
      ["/var/run", "run"],
    ];
    for (const [from = "", to = ""] of folders) {
      if (file.startsWith(`${from}/`)) return path.join(this.folder, to, file.slice(from.length + 1));
    }
    return file;
  }

  /** Returns Fluent Bit's output for a check of the unchanged configuration. */
  async check({ name, text }: Example): Promise<ChildEnd & { readonly output: string }> {
    const child = spawn(["--dry-run", "-e", PLUGIN, "-c", this.#write(name, text)], "my-stream", "http://127.0.0.1:1");
    this.#children.push(child);
    const end = await child.ended;
    return { ...end, output: child.output };
  }

  start({ name, text }: Example, stream: string, endpoint: string): Child {
    for (const folder of ["state", "run"]) mkdirSync(path.join(this.folder, folder), { recursive: true });
    const child = spawn(["-e", PLUGIN, "-c", this.#write(name, this.#localText(text, stream, endpoint))], stream, endpoint);
    this.#children.push(child);
    return child;
  }

  /** Starts another Fluent Bit, which sends a record every 100 ms by the forward protocol. */
  startSender(tag: string, record: object, target: Readonly<Record<string, string>>): Child {
    const properties = Object.entries(target).flatMap(([key, value]) => ["-p", `${key}=${value}`]);
    const input = ["-i", "dummy", "-t", tag, "-p", `dummy=${JSON.stringify(record)}`, "-p", "rate=10"];
    const child = spawn(["-f", "0.2", ...input, "-o", "forward", "-m", "*", ...properties], "", "");
    this.#children.push(child);
    return child;
  }

  async destroy(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.destroy()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  #write(name: string, text: string): string {
    // Uses the name's suffix for the form that Fluent Bit reads; configurations inside other files have been extracted.
    const inYaml = /^(service|pipeline):/m.test(text);
    const file = path.join(this.folder, `${path.basename(name)}.${inYaml ? "yaml" : "conf"}`);
    writeFileSync(file, text);
    return file;
  }

  #localText(text: string, stream: string, endpoint: string): string {
    const inYaml = /^pipeline:/m.test(text);
    const withEndpoint = text.includes("${KINESIS_ENDPOINT}")
      ? text
      : text.replaceAll(/^( +)(stream:? .*)$/gm, `$1$2\n$1endpoint${inYaml ? ":" : ""} ${endpoint}`);
    return withEndpoint
      .replaceAll("us-west-2", REGION)
      .replaceAll("my-stream", stream)
      .replaceAll(/\/var\/[\w./*-]+/g, (file) => this.local(file))
      .replaceAll(/^( +flush:?) .*$/gim, "$1 1")
      .replaceAll(/^( +http_listen:?) .*$/gim, "$1 127.0.0.1")
      .replaceAll(/^( +)(http_server:?) .*$/gim, `$1$2 on\n$1http_port${inYaml ? ":" : ""} ${this.httpPort}`)
      .replaceAll(/^ +http_port:? +2020\n/gim, "")
      .replaceAll(/^( +port:?) +24224$/gim, `$1 ${this.forwardPort}`);
  }
}
