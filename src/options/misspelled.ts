/** Finds misspelled options: Fluent Bit ignores unknown names, and shows a plugin only the options that it reads. */

/** Names that come to mind, some of them of Fluent Bit's own output kinesis_streams. */
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

/** What has no counterpart here, and why. */
const withoutEffect: Readonly<Record<string, string>> = {
  auto_retry_requests: "requests are always tried again, for as long as 'retry_timeout' says; with 'retry_timeout 0' by Fluent Bit alone",
};

/** Each misspelling that is looked for, with the option that it stands for. */
function wrongNamesOf(options: readonly string[]): Map<string, string> {
  const wrong = new Map<string, string>();
  for (const option of options) {
    for (const name of slipsOf(option)) wrong.set(name, option);
  }
  for (const [name, option] of Object.entries(otherNames)) wrong.set(name, option);
  for (const option of options) wrong.delete(option);
  return wrong;
}

/** Hyphens or nothing for underscores, a plural too much or too little, a letter left out, doubled, or swapped with its neighbour. */
function slipsOf(option: string): string[] {
  const slips = [option.replaceAll("_", "-"), option.replaceAll("_", ""), option.replaceAll("_", "."), `${option}s`];
  for (let at = 0; at < option.length; at++) {
    const [before, letter, after] = [option.slice(0, at), option.charAt(at), option.slice(at + 1)];
    slips.push(before + after, before + letter + letter + after);
    if (after !== "") slips.push(before + after.charAt(0) + letter + after.slice(1));
  }
  return slips;
}

/** A misspelled option. */
export interface MisspelledOption {
  readonly name: string;
  /** The option that it is taken for; undefined when it has no counterpart here. */
  readonly meant: string | undefined;
  /** A sentence that says what to write instead. */
  readonly message: string;
}

/**
 * Looks for options under wrong names.
 * @param options the names that there are
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
