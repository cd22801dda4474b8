/** Reads the command line of the tool that checks a configuration. */
import type { ParseArgsConfig } from "node:util";
import { readOptions, UsageError } from "../command_line.js";

export interface CheckSettings {
  readonly file: string;
  /** Whether to query AWS. */
  readonly live: boolean;
  readonly json: boolean;
  /** Path of a file of variables, which override the environment's. */
  readonly environmentFile: string | undefined;
  /** A version of Fluent Bit, or the path of its program. */
  readonly fluentBit: string | undefined;
}

const options = {
  config: { type: "string", short: "c" },
  live: { type: "boolean" },
  json: { type: "boolean" },
  // Not --env-file: Node.js takes that option itself, at any position.
  variables: { type: "string" },
  "fluent-bit": { type: "string" },
  help: { type: "boolean", short: "h" },
} as const satisfies ParseArgsConfig["options"];

/** @param command how the tool is called */
export const help = (command: string): string => `Reports errors and risks in the kinesis outputs of a Fluent Bit configuration.

  ${command} FILE [--live] [--json] [--variables FILE] [--fluent-bit VERSION]

  -c, --config FILE  the configuration; -c may be left out. Included files are read too. One of
                     - a configuration of Fluent Bit, classic or (*.yaml, *.yml) YAML
                     - a Kubernetes manifest with a ConfigMap that has one
                     - values of the Helm chart fluent-bit
                     - an ECS task definition with FireLens, in JSON; the file that it includes is in the same folder
                     - the file that FireLens includes, by itself
  --live             also queries AWS for the stream of each output, with its credentials; sends no records
  --json             one JSON object instead of text: findings, live
  --variables FILE   variables of Fluent Bit, one NAME=value per line, as for systemd and Docker
  --fluent-bit WHICH the version that will run it, such as 2.2.3, or the path of its program: warns of
                     the faults of that version. Default: the version of FLUENT_BIT, of fluent-bit on PATH or of
                     /opt/fluent-bit/bin/fluent-bit, except for a configuration that runs in a container

Examples:
  ${command} fluent-bit.conf
  ${command} fluent-bit.yaml --fluent-bit 2.2.3 --variables /etc/default/fluent-bit
  ${command} fluent-bit.conf --live
  kubectl get configmap fluent-bit -o yaml > map.yaml && ${command} map.yaml --json

Variables in \${…} are taken from this command's environment; for a manifest, values or a task definition, from the
containers in it. Status: 0 without errors (there may be warnings and hints), 1 with errors, 2 when the command line is
invalid or the file cannot be read. Colours on a terminal (NO_COLOR: never).
`;

/**
 * Reads the arguments after the program's name.
 * @param command how the tool is called, for its advice
 * @throws UsageError
 */
export function readArguments(args: readonly string[], command = "npm run check --"): CheckSettings | "help" {
  const { values, positionals } = readOptions(args, options);
  const { live = false, json = false, help: wantsHelp = false, variables: environmentFile, "fluent-bit": fluentBit } = values;
  if (wantsHelp) return "help";
  const named = [...(values.config === undefined ? [] : [values.config]), ...positionals].filter((name) => name !== "");
  const [file, second] = named;
  if (file === undefined) throw new UsageError(`name the configuration: ${command} fluent-bit.conf`);
  if (second !== undefined) throw new UsageError(`one configuration at a time: '${file}' and '${second}' are named`);
  for (const [name, value] of [["variables", environmentFile], ["fluent-bit", fluentBit]] as const) {
    if (value === "") throw new UsageError(`--${name} is empty; name one or leave it out`);
  }
  return { file, live, json, environmentFile, fluentBit };
}
