/** Reads the configurations of a file and applies all rules to them. */
import path from "node:path";
import type { Configuration } from "./configuration.js";
import { sorted, withoutRepeats, type Finding } from "./findings.js";
import type { HostVersion } from "./host_version.js";
import { pipelineOf, type KinesisOutput, type Pipeline } from "./outputs.js";
import { readConfigurations } from "./read_configuration.js";
import { retryLimit, storageLimit } from "./rules/delivery.js";
import { environmentVariables } from "./rules/environment.js";
import { faultsOf, workers } from "./rules/host_faults.js";
import { missingFiles } from "./rules/files.js";
import { loading } from "./rules/loading.js";
import { outputLogLevel, serviceLogLevel } from "./rules/log_level.js";
import { repeatedNames, unknownNames } from "./rules/names.js";
import { readOptions, type CheckedOptions } from "./rules/options.js";
import { refusedSections } from "./rules/other_plugins.js";
import { unknownPlugins } from "./rules/plugin_names.js";
import { nameless, presence, unknownSections } from "./rules/presence.js";
import { processors } from "./rules/processors.js";
import { regionOf } from "./rules/region.js";
import { recordShape } from "./rules/record_shape.js";
import { doubles, match } from "./rules/routing.js";
import { aggregationFlush, flush, stackSize, timeouts } from "./rules/timing.js";
import { unsetVariables } from "./rules/variables.js";
import { variableReader } from "./variables.js";
import type { Environment } from "../../src/network/environment.js";

/** An output with its options as the plugin would read them. */
export interface CheckedOutput {
  readonly output: KinesisOutput;
  readonly options: CheckedOptions;
}

/** The result of a check. */
export interface Checked {
  readonly findings: Finding[];
  readonly outputs: readonly CheckedOutput[];
  /** Version of Fluent Bit, if known. */
  readonly version: HostVersion | undefined;
}

/** The Fluent Bit that will run the configuration. */
export interface Host {
  /** Version that the user names. */
  readonly named?: HostVersion | undefined;
  /** Looks for a Fluent Bit on this machine; not called for a configuration that runs in a container. */
  readonly found?: () => HostVersion | undefined;
}

/**
 * Checks a file and the files that it includes, without the network.
 * @param environment Fluent Bit's environment; a file that describes a container uses that container's variables instead
 * @throws when the file itself cannot be read
 */
export async function check(file: string, environment: Environment, host: Host = {}): Promise<Checked> {
  const pipelines = readConfigurations(file).map((configuration) => pipelineFor(configuration, environment));
  const isElsewhere = pipelines.some(({ pipeline }) => pipeline.configuration.container !== undefined);
  const version = host.named ?? (isElsewhere ? undefined : host.found?.());
  const checked = await Promise.all(pipelines.map((pipeline) => checkPipeline(pipeline, version, path.dirname(file))));
  const findings = [...presence(pipelines.map(({ pipeline }) => pipeline), file), ...checked.flatMap((each) => each.findings)];
  return { findings: sorted(withoutRepeats(findings)), outputs: checked.flatMap(({ outputs }) => outputs), version };
}

interface PipelineWithEnvironment {
  readonly pipeline: Pipeline;
  readonly environment: Environment;
}

function pipelineFor(configuration: Configuration, environment: Environment): PipelineWithEnvironment {
  const { container, variables } = configuration;
  const own = container === undefined ? environment : Object.fromEntries(container.variables);
  return { pipeline: pipelineOf(configuration, variableReader(variables, own)), environment: own };
}

async function checkPipeline(
  { pipeline, environment }: PipelineWithEnvironment,
  version: HostVersion | undefined,
  folder: string,
): Promise<Omit<Checked, "version">> {
  const { configuration, service, kinesis } = pipeline;
  const isElsewhere = configuration.container !== undefined;
  const regions = await Promise.all(kinesis.map((output) => regionOf(output, environment, configuration.container)));
  const outputs = kinesis.map((output, index) => ({ output, options: readOptions(output, regions[index]?.found) }));
  const findings = [
    ...regions.flatMap((region) => region.findings),
    ...configuration.problems,
    ...nameless(pipeline),
    ...unknownSections(pipeline),
    ...unknownPlugins(pipeline),
    ...refusedSections(pipeline),
    ...missingFiles(pipeline, folder),
    ...loading(pipeline),
    ...flush(service),
    ...stackSize(service),
    ...serviceLogLevel(pipeline),
    ...unsetVariables(pipeline),
    ...outputs.flatMap((checked) => ofOutput(checked, pipeline, version)),
    ...doubles(pipeline),
    ...faultsOf(pipeline, version),
    ...(await environmentVariables(environment, isElsewhere)),
  ];
  return { findings, outputs };
}

function ofOutput({ output, options }: CheckedOutput, pipeline: Pipeline, version: HostVersion | undefined): Finding[] {
  const { config, findings } = options;
  const { service } = pipeline;
  return [
    ...findings,
    ...unknownNames(output),
    ...repeatedNames(output),
    ...match(output, pipeline),
    ...retryLimit(output),
    ...storageLimit(output),
    ...workers(output, pipeline, version),
    ...processors(output),
    ...outputLogLevel(output),
    ...(config === undefined
      ? []
      : [...timeouts(output, config, service), ...aggregationFlush(output, config, service), ...recordShape(output, config)]),
  ];
}
