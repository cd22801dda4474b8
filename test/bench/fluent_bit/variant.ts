// A variant is an output of Fluent Bit with its options, written as in BENCH_VARIANTS: c, ours-workers2-gzip, peer.
import type { Section } from "../../support/fluent_bit.js";

/** The outputs: nothing at all, Fluent Bit's own in C, this plugin, another build of it, another Go-style plugin. */
export const OUTPUTS = ["null", "c", "ours", "base", "peer"] as const;
export type Output = (typeof OUTPUTS)[number];

export interface Variant {
  readonly name: string;
  readonly output: Output;
  readonly options: Readonly<Record<string, string>>;
  /** The core runs in a process of its own. */
  readonly isCoreInProcess: boolean;
}

export interface Endpoint {
  readonly port: number;
  readonly certificateFile: string;
}

const modifiers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  gzip: { compression: "gzip" },
  zlib: { compression: "zlib" },
  aggregation: { aggregation: "true" },
  cbor: { request_format: "cbor" },
};

/**
 * Reads `output[-modifier]...[+option=value]...`, where a modifier is gzip, zlib, aggregation, cbor, process or workersN.
 * Throws when there is no such output or modifier.
 */
export function parseVariant(name: string): Variant {
  const [head = "", ...given] = name.split("+");
  const [first, ...words] = head.split("-");
  const output = OUTPUTS.find((known) => known === first);
  if (output === undefined) throw new Error(`variant '${name}' must begin with one of ${OUTPUTS.join(", ")}`);
  // The C output has one worker of its own accord, the Go-style ones none.
  const options: Record<string, string> = { workers: "0" };
  for (const word of words.filter((word) => word !== "process")) {
    const workers = /^workers(\d+)$/.exec(word)?.[1];
    const added = workers === undefined ? modifiers[word] : { workers };
    const known = `${Object.keys(modifiers).join(", ")}, process and workersN`;
    if (added === undefined) throw new Error(`variant '${name}' has the modifier '${word}'; there are ${known}`);
    Object.assign(options, added);
  }
  for (const option of given) {
    const [key = "", ...value] = option.split("=");
    options[key] = value.join("=");
  }
  return { name, output, options, isCoreInProcess: words.includes("process") };
}

/** The variant's output section; the C output speaks TLS always, and refuses to be told so. */
export function outputSection({ output, options }: Variant, { port, certificateFile }: Endpoint): Section {
  if (output === "null") return { name: "null", properties: {} };
  const common = { region: "us-west-2", stream: "bench", Retry_Limit: "no_limits", ...options };
  if (output !== "c") return { name: "kinesis", properties: { ...common, endpoint: `https://localhost:${port}` } };
  const properties = { ...common, endpoint: "localhost", port: String(port), "tls.ca_file": certificateFile };
  return { name: "kinesis_streams", properties };
}
