/** Reads a configuration and asks all rules about it. */
import type { Configuration } from "./configuration.js";
import { readClassic } from "./classic_configuration.js";
import { sorted, withoutRepeats, type Finding } from "./findings.js";
import { pipelineOf, type KinesisOutput, type Pipeline } from "./outputs.js";
import { retryLimit, storageLimit, workers } from "./rules/delivery.js";
import { environmentVariables } from "./rules/environment.js";
import { outputLogLevel, serviceLogLevel } from "./rules/log_level.js";
import { repeatedNames, unknownNames } from "./rules/names.js";
import { readOptions, type CheckedOptions } from "./rules/options.js";
import { nameless, presence, unknownSections } from "./rules/presence.js";
import { recordShape } from "./rules/record_shape.js";
import { doubles, match } from "./rules/routing.js";
import { aggregationFlush, flush, timeouts } from "./rules/timing.js";
import { unsetVariables } from "./rules/variables.js";
import { variableReader } from "./variables.js";
import { readYaml } from "./yaml_configuration.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** An output with its options as the plugin would have them. */
export interface CheckedOutput {
  readonly output: KinesisOutput;
  readonly options: CheckedOptions;
}

/** What came of a check. */
export interface Checked {
  readonly findings: Finding[];
  readonly outputs: readonly CheckedOutput[];
}

/** The form goes by the name's ending. Source: Fluent Bit, src/config_format/flb_config_format.c, flb_cf_create_from_file. */
export function readConfiguration(file: string): Configuration {
  return /\.ya?ml$/iu.test(file) ? readYaml(file) : readClassic(file);
}

/**
 * Checks a file and all that it includes. Nobody is asked over the network.
 * @throws when the file itself cannot be read
 */
export async function check(file: string, environment: Environment): Promise<Checked> {
  const configuration = readConfiguration(file);
  const pipeline = pipelineOf(configuration, variableReader(configuration.variables, environment));
  const { service, kinesis } = pipeline;
  const outputs = kinesis.map((output) => ({ output, options: readOptions(output) }));
  const findings = [
    ...configuration.problems,
    ...presence(pipeline, file),
    ...nameless(pipeline),
    ...unknownSections(pipeline),
    ...flush(service),
    ...serviceLogLevel(pipeline),
    ...unsetVariables(pipeline),
    ...outputs.flatMap((checked) => ofOutput(checked, pipeline)),
    ...doubles(pipeline),
    ...(await environmentVariables(environment)),
  ];
  return { findings: sorted(withoutRepeats(findings)), outputs };
}

function ofOutput({ output, options }: CheckedOutput, pipeline: Pipeline): Finding[] {
  const { config, findings } = options;
  const { service } = pipeline;
  return [
    ...findings,
    ...unknownNames(output),
    ...repeatedNames(output),
    ...match(output, pipeline),
    ...retryLimit(output),
    ...storageLimit(output),
    ...workers(output, service),
    ...outputLogLevel(output),
    ...(config === undefined
      ? []
      : [...timeouts(output, config, service), ...aggregationFlush(output, config, service), ...recordShape(output, config)]),
  ];
}
