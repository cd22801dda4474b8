/** Finds unknown and repeated keys in an output. */
import { optionNames } from "../../../src/options/table.js";
import { misspelledOptions } from "../../../src/options/misspelled.js";
import { nearest } from "../../edit_distance.js";
import type { Finding } from "../findings.js";
import type { KinesisOutput, Setting, Settings } from "../outputs.js";

/** All options that the plugin reads. */
const ownNames: readonly string[] = optionNames;

/** Options that Fluent Bit accepts for every output and that affect this one. Source: src/flb_output.c, flb_output_set_property. */
const hostNames = [
  "name",
  "match",
  "match_regex",
  "alias",
  "log_level",
  "log_suppress_interval",
  "retry_limit",
  "storage.total_limit_size",
  "workers",
];

/** Options that Fluent Bit accepts but that affect only outputs that connect through it, with the equivalent here. */
const connectionNames: readonly (readonly [name: RegExp, advice: string])[] = [
  [/^port$/u, "Remove it; write the port into 'endpoint', as in https://host:8443"],
  [/^(?:host|ipv6)$/u, "Remove it; 'endpoint' names another address, port included"],
  [/^tls(?:\.|$)/u, "Remove it; AWS is always reached over TLS. AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS name your own authorities"],
  [/^net\./u, "Remove it; 'http_request_timeout' limits a request, HTTPS_PROXY names a proxy"],
  [/^oauth2/u, "Remove it; see docs/CREDENTIALS.md"],
];

/** Source: Fluent Bit 5.1, src/flb_upstream.c, upstream_net. */
const networkNames = new Set(
  ["dns.mode", "dns.resolver", "dns.prefer_ipv4", "dns.prefer_ipv6", "keepalive", "keepalive_idle_timeout", "tcp_keepalive", "tcp_keepalive_time",
    "tcp_keepalive_interval", "tcp_keepalive_probes", "io_timeout", "connect_timeout", "connect_timeout_log_error", "source_address",
    "keepalive_max_recycle", "max_worker_connections", "proxy_env_ignore",
  ].map((name) => `net.${name}`),
);

/** Returns a finding for each key that the plugin never reads. */
export function unknownNames({ settings }: KinesisOutput): Finding[] {
  return settings.all.filter(({ name }) => !ownNames.includes(name) && !hostNames.includes(name)).map(unknownName);
}

function unknownName({ key, name, resolved, file, line }: Setting): Finding {
  const place = { file, line };
  if (name === "tls" && /^(?:true|on|yes)$/iu.test(resolved)) {
    const message = `Fluent Bit does not start with '${key}' here: it has no TLS for an output that makes its own connections`;
    return { severity: "error", place, rule: "tls", message, advice: "Remove it; AWS is always reached over TLS" };
  }
  if (name.startsWith("net.") && !networkNames.has(name)) {
    const message = `Fluent Bit has no option '${key}', and does not start with it`;
    return { severity: "error", place, rule: "net", message, advice: "Remove it; the plugin makes its own connections" };
  }
  const connection = connectionNames.find(([pattern]) => pattern.test(name));
  if (connection !== undefined) {
    const message = `'${key}' has no effect here: the plugin makes its own connections`;
    return { severity: "warning", place, rule: "no-effect", message, advice: connection[1] };
  }
  const [known] = misspelledOptions(ownNames, (names) => names.filter((each) => each === name));
  if (known !== undefined && known.meant === undefined) {
    return { severity: "warning", place, rule: "no-effect", message: known.message, advice: "Remove it" };
  }
  const meant = known?.meant ?? nearest(name, [...ownNames, ...hostNames]);
  const unknown = `'${key}' is not an option of this plugin and has no effect`;
  if (meant === undefined) return { severity: "warning", place, rule: "unknown-option", message: unknown, advice: "Remove it, or see docs/OPTIONS.md" };
  return { severity: "error", place, rule: "unknown-option", message: `${unknown}; did you mean '${meant}'?`, advice: `Rename it to '${meant}'` };
}

/** Returns a finding for each repeated key, and for each list of YAML. */
export function repeatedNames({ settings }: KinesisOutput): Finding[] {
  return settings.all.flatMap((setting, index): Finding[] => {
    const { name, key, listed, file, line } = setting;
    const place = { file, line };
    const first = settings.all.findIndex((other) => other.name === name);
    if (listed !== undefined) {
      if (listed === 1 || first !== index) return [];
      const message = `'${key}' is a list of ${listed} values, and Fluent Bit uses only ${hostNames.includes(name) ? "the last" : "the first"}`;
      return [{ severity: "error", place, rule: "list", message, advice: adviceForList(setting, settings) }];
    }
    if (first === index) return [];
    const counts = hostNames.includes(name) && name !== "name" ? "the last one counts" : `the first one counts, in line ${settings.all[first]?.line ?? 0}`;
    return [{ severity: "warning", place, rule: "repeated-key", message: `'${key}' is repeated in this output; ${counts}`, advice: "Keep one of them" }];
  });
}

function adviceForList({ key, name }: Setting, { all }: Settings): string {
  if (name !== "data_keys" && name !== "except_keys") return "Write one value: this option takes no list";
  const values = all.filter((other) => other.name === name && other.listed !== undefined).map(({ value }) => value);
  return `Write one text with commas, ${key}: "${values.join(",")}"`;
}
