/** Finds misspelled options. Fluent Bit ignores unknown names, and shows a plugin only the options that it reads. */

/** Likely wrong names, some from Fluent Bit's own output kinesis_streams, with the option that each stands for. */
const otherNames: Readonly<Record<string, string>> = {
  stream_name: "stream",
  stream_arn: "stream",
  kinesis_stream: "stream",
  delivery_stream: "stream",
  aws_region: "region",
  region_name: "region",
  role: "role_arn",
  assume_role_arn: "role_arn",
  aws_profile: "profile",
  endpoint_url: "endpoint",
  kinesis_endpoint: "endpoint",
  fields: "data_keys",
  keys: "data_keys",
  time_format: "time_key_format",
  newline: "append_newline",
  compress: "compression",
  aggregate: "aggregation",
  concurrency: "experimental_concurrency",
  request_timeout: "http_request_timeout",
  max_record_bytes: "max_record_size",
};

/** Options of other outputs without a counterpart here, and the reason. */
const withoutEffect: Readonly<Record<string, string>> = {
  auto_retry_requests: "the plugin always retries requests, for up to 'retry_timeout' seconds; with 'retry_timeout 0' only Fluent Bit retries",
};

/** Returns each misspelling to look for, with the option that it stands for. */
function wrongNamesOf(options: readonly string[]): Map<string, string> {
  const wrong = new Map<string, string>();
  for (const option of options) {
    for (const name of typosOf(option)) wrong.set(name, option);
  }
  for (const [name, option] of Object.entries(otherNames)) wrong.set(name, option);
  for (const option of options) wrong.delete(option);
  return wrong;
}

/** Returns typos of an option: other or no separators, a plural, a letter left out, doubled or swapped with the next one. */
function typosOf(option: string): string[] {
  const typos = [option.replaceAll("_", "-"), option.replaceAll("_", ""), option.replaceAll("_", "."), `${option}s`];
  for (let at = 0; at < option.length; at++) {
    const [before, letter, after] = [option.slice(0, at), option.charAt(at), option.slice(at + 1)];
    typos.push(before + after, before + letter + letter + after);
    if (after !== "") typos.push(before + after.charAt(0) + letter + after.slice(1));
  }
  return typos;
}

/** A misspelled option. */
export interface MisspelledOption {
  readonly name: string;
  /** The option that the user probably meant; undefined when the plugin has no equivalent. */
  readonly meant: string | undefined;
  /** Warning for the user, with the correct option if there is one. */
  readonly message: string;
}

/**
 * Finds options that are set under wrong names.
 * @param options all valid names
 * @param whichAreSet returns the subset of names that the user has set
 */
export function misspelledOptions(options: readonly string[], whichAreSet: (names: string[]) => string[]): MisspelledOption[] {
  const wrong = wrongNamesOf(options);
  return whichAreSet([...wrong.keys(), ...Object.keys(withoutEffect)]).map((name) => {
    const meant = wrong.get(name);
    if (meant === undefined) return { name, meant, message: `'${name}' has no effect here: ${withoutEffect[name] ?? ""}` };
    return { name, meant, message: `'${name}' is not an option of this plugin and has no effect; did you mean '${meant}'?` };
  });
}
