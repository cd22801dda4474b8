/** Whether there is anything for the plugin to do, and whether Fluent Bit finds the name of each plugin. */
import { nearest } from "../../edit_distance.js";
import type { Finding } from "../findings.js";
import { outputsNamed, type Pipeline } from "../outputs.js";

/** A file without this plugin is not what somebody wanted checked. What could not be read may hold it. */
export function presence(pipelines: readonly Pipeline[], file: string): Finding[] {
  const isRefused = pipelines.some(({ configuration }) => configuration.problems.some(({ severity }) => severity === "error"));
  if (isRefused || pipelines.some(({ kinesis }) => kinesis.length > 0)) return [];
  const [inC] = pipelines.flatMap(({ configuration, read }) => outputsNamed(configuration.sections, read, /^kinesis_streams$/iu));
  const message = "there is no output of this plugin";
  if (inC !== undefined) {
    const advice = "Change the name to kinesis to use this plugin; docs/MIGRATION.md tells what becomes of the options";
    return [{ severity: "error", place: inC.place, rule: "no-output", message: `${message}: kinesis_streams is Fluent Bit's own, in C`, advice }];
  }
  if (isPart(pipelines)) return [];
  const hasOther = pipelines.some(({ configuration }) => configuration.sections.some(({ kind }) => kind === "output"));
  const advice = "Add an output with 'Name kinesis'. If another file has it, check the one that includes both";
  return [{ severity: "error", place: { file, line: 1 }, rule: "no-output", message: hasOther ? message : `${message}, nor any other`, advice }];
}

/** Settings and filters alone, as in the file that FireLens includes: what it is included into has the inputs and outputs. */
function isPart(pipelines: readonly Pipeline[]): boolean {
  const kinds = pipelines.flatMap(({ configuration }) => configuration.sections.map(({ kind }) => kind));
  return kinds.some((kind) => kind === "service" || kind === "filter") && kinds.every((kind) => kind !== "input" && kind !== "output");
}

/** Fluent Bit does not start with a plugin that has no name. */
export function nameless({ configuration }: Pipeline): Finding[] {
  return configuration.sections
    .filter(({ kind, entries }) => ["input", "filter", "output", "custom"].includes(kind) && !entries.some(({ key }) => key.toLowerCase() === "name"))
    .map(({ kind, file, line }) => {
      const message = `the ${kind} has no Name, and Fluent Bit does not start with it`;
      return { severity: "error", place: { file, line }, rule: "no-name", message, advice: "Add the plugin's Name" };
    });
}

/** A section under a name that Fluent Bit does not know is passed over in silence. */
export function unknownSections({ configuration }: Pipeline): Finding[] {
  const known = ["OUTPUT", "INPUT", "FILTER", "SERVICE", "CUSTOM"];
  return configuration.sections.flatMap(({ kind, name, entries, file, line }) => {
    const hasName = entries.some(({ key }) => key.toLowerCase() === "name");
    const meant = kind === "other" ? nearest(name.trim().toUpperCase(), known) : undefined;
    if (meant === undefined || (!hasName && meant !== "SERVICE")) return [];
    const message = `Fluent Bit passes over [${name}], which is no name of a section; did you mean [${meant}]?`;
    return [{ severity: "error", place: { file, line }, rule: "unknown-section", message, advice: `Write [${meant}]` } as const];
  });
}
