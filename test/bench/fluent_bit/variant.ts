// Parses variants: an output of Fluent Bit with options, as in BENCH_VARIANTS: c, ours-workers2-gzip, peer-tags8.
import type { Section } from "../../support/fluent_bit.js";
import { isWorkloadWord, KEY_FIELD, type Workload, workloadOf } from "./workload.js";

/** Outputs: null, Fluent Bit's own in C, this plugin, another build of it, another Go-style plugin. */
export const OUTPUTS = ["null", "c", "ours", "base", "peer"] as const;
export type Output = (typeof OUTPUTS)[number];

export interface Variant {
  readonly name: string;
  readonly output: Output;
  readonly options: Readonly<Record<string, string>>;
  readonly workload: Workload;
  /** Whether the core runs in a separate process. */
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
 * Parses `output[-modifier]...[+option=value]...`, where a modifier is gzip, zlib, aggregation, cbor, process, workersN, tagsN
 * or keyN. Without workersN the output runs with its own default: the C output with one worker, the Go-style ones with none.
 * Throws for an unknown output or modifier.
 */
export function parseVariant(name: string): Variant {
  const [head = "", ...given] = name.split("+");
  const [first, ...words] = head.split("-");
  const output = OUTPUTS.find((known) => known === first);
  if (output === undefined) throw new Error(`variant '${name}' must begin with one of ${OUTPUTS.join(", ")}`);
  const workload = workloadOf(words);
  const hasPartitionKey = output !== "null" && output !== "c";
  const options: Record<string, string> = workload.keys > 0 && hasPartitionKey ? { partition_key: KEY_FIELD } : {};
  for (const word of words.filter((word) => word !== "process" && !isWorkloadWord(word))) {
    const workers = /^workers(\d+)$/.exec(word)?.[1];
    const added = workers === undefined ? modifiers[word] : { workers };
    const known = `${Object.keys(modifiers).join(", ")}, process, workersN, tagsN and keyN`;
    if (added === undefined) throw new Error(`variant '${name}' has the modifier '${word}'; the modifiers are ${known}`);
    Object.assign(options, added);
  }
  for (const option of given) {
    const [key = "", ...value] = option.split("=");
    options[key] = value.join("=");
  }
  return { name, output, options, workload, isCoreInProcess: words.includes("process") };
}

/** Returns the variant's output section; the C output always uses TLS, and rejects an option for it. */
export function outputSection({ output, options }: Variant, { port, certificateFile }: Endpoint): Section {
  if (output === "null") return { name: "null", properties: {} };
  const common = { region: "us-west-2", stream: "bench", Retry_Limit: "no_limits", ...options };
  if (output !== "c") return { name: "kinesis", properties: { ...common, endpoint: `https://localhost:${port}` } };
  const properties = { ...common, endpoint: "localhost", port: String(port), "tls.ca_file": certificateFile };
  return { name: "kinesis_streams", properties };
}
