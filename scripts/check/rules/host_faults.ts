/** Warns of faults in the version of Fluent Bit that affect a configuration. */
import type { Finding } from "../findings.js";
import { hasFault, hostFaults, type HostFault } from "../host_faults.js";
import { versionText, type HostVersion } from "../host_version.js";
import { isKnown, type KinesisOutput, type Pipeline, type Setting } from "../outputs.js";

/** Returns the faults that affect the outputs, except those of workers, which have a separate rule. */
export function faultsOf(pipeline: Pipeline, version: HostVersion | undefined): Finding[] {
  const { kinesis } = pipeline;
  const last = kinesis.at(-1);
  if (version === undefined || last === undefined) return [];
  const use = {
    outputs: kinesis.length,
    hasWorkers: kinesis.some((output) => workersOf(output) !== undefined),
    isReloaded: isReloaded(pipeline),
  };
  return hostFaults
    .filter((fault) => fault.rule !== "workers" && fault.isMet(use) && hasFault(fault, version))
    .map((fault) => {
      const { severity, rule, what, advice } = fault;
      return { severity, place: placeOf(fault, pipeline, last), rule, message: `Fluent Bit ${versionText(version)} has a fault (${fault.where}): ${what}`, advice };
    });
}

function placeOf({ rule }: HostFault, { service, kinesis }: Pipeline, last: KinesisOutput) {
  const reload = rule === "host-reload-loss" ? service.last("hot_reload") : undefined;
  if (reload !== undefined) return { file: reload.file, line: reload.line };
  return rule === "host-two-outputs" ? last.place : (kinesis[0] ?? last).place;
}

/** Checks workers: no flush needs them, and a hot reload crashes where Fluent Bit creates their threads twice. */
export function workers(output: KinesisOutput, pipeline: Pipeline, version: HostVersion | undefined): Finding[] {
  const setting = workersOf(output);
  if (setting === undefined) return [];
  const place = { file: setting.file, line: setting.line };
  const advice = "Remove it, see docs/DELIVERY.md";
  const fault = hostFaults.find(({ rule }) => rule === "workers");
  if (fault !== undefined && isReloaded(pipeline) && (version === undefined || hasFault(fault, version))) {
    const which = version === undefined ? fault.versions : versionText(version);
    const message = `with '${setting.key} ${setting.resolved}' a hot reload crashes Fluent Bit ${which}: it creates the threads of such an output twice`;
    return [{ severity: "warning", place, rule: "workers", message, advice }];
  }
  const message = `'${setting.key} ${setting.resolved}' is not needed: flushes do not block Fluent Bit on Linux`;
  return [{ severity: "hint", place, rule: "workers", message, advice }];
}

function workersOf({ settings }: KinesisOutput): Setting | undefined {
  const setting = settings.last("workers");
  return setting !== undefined && isKnown(setting) && Number.parseInt(setting.resolved, 10) > 0 ? setting : undefined;
}

/** Returns whether hot reload is on, by the service's option or by a container's command line. */
function isReloaded({ service, configuration }: Pipeline): boolean {
  const words = configuration.container?.start?.words ?? [];
  return isOn(service.last("hot_reload")) || words.some((word) => /^(?:-Y|--enable-hot-reload)$/u.test(word));
}

function isOn(setting: Setting | undefined): boolean {
  return /^(?:on|true|yes)$/iu.test(setting?.resolved ?? "");
}
