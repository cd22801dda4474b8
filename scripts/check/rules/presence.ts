/** Checks that the configuration has an output of this plugin, and that sections and plugins have known names. */
import { nearest } from "../../edit_distance.js";
import type { Finding } from "../findings.js";
import { outputsNamed, type Pipeline } from "../outputs.js";

/** Returns an error for a file without an output of this plugin, unless a part that could not be read may have one. */
export function presence(pipelines: readonly Pipeline[], file: string): Finding[] {
  const isRefused = pipelines.some(({ configuration }) => configuration.problems.some(({ severity }) => severity === "error"));
  if (isRefused || pipelines.some(({ kinesis }) => kinesis.length > 0)) return [];
  const [inC] = pipelines.flatMap(({ configuration, read }) => outputsNamed(configuration.sections, read, /^kinesis_streams$/iu));
  const message = "there is no output of this plugin";
  if (inC !== undefined) {
    const advice = "Change the name to kinesis to use this plugin; docs/MIGRATION.md maps the options";
    return [{ severity: "error", place: inC.place, rule: "no-output", message: `${message}: kinesis_streams is Fluent Bit's own, in C`, advice }];
  }
  if (isPart(pipelines)) return [];
  const hasOther = pipelines.some(({ configuration }) => configuration.sections.some(({ kind }) => kind === "output"));
  const advice = "Add an output with 'Name kinesis'. If another file has it, check the one that includes both";
  return [{ severity: "error", place: { file, line: 1 }, rule: "no-output", message: hasOther ? message : `${message}, nor any other`, advice }];
}

/** Returns whether there are only settings and filters, as in the file that FireLens includes in one with inputs and outputs. */
function isPart(pipelines: readonly Pipeline[]): boolean {
  const kinds = pipelines.flatMap(({ configuration }) => configuration.sections.map(({ kind }) => kind));
  return kinds.some((kind) => kind === "service" || kind === "filter") && kinds.every((kind) => kind !== "input" && kind !== "output");
}

/** Returns an error for each plugin without a name: Fluent Bit does not start with it. */
export function nameless({ configuration }: Pipeline): Finding[] {
  return configuration.sections
    .filter(({ kind, entries }) => ["input", "filter", "output", "custom"].includes(kind) && !entries.some(({ key }) => key.toLowerCase() === "name"))
    .map(({ kind, file, line }) => {
      const message = `the ${kind} has no Name, and Fluent Bit does not start with it`;
      return { severity: "error", place: { file, line }, rule: "no-name", message, advice: "Add the plugin's Name" };
    });
}

/** Returns an error for each section with a misspelled name, which Fluent Bit ignores silently. */
export function unknownSections({ configuration }: Pipeline): Finding[] {
  const known = ["OUTPUT", "INPUT", "FILTER", "SERVICE", "CUSTOM"];
  return configuration.sections.flatMap(({ kind, name, entries, file, line }) => {
    const hasName = entries.some(({ key }) => key.toLowerCase() === "name");
    const meant = kind === "other" ? nearest(name.trim().toUpperCase(), known) : undefined;
    if (meant === undefined || (!hasName && meant !== "SERVICE")) return [];
    const message = `Fluent Bit ignores the unknown section [${name}]; did you mean [${meant}]?`;
    return [{ severity: "error", place: { file, line }, rule: "unknown-section", message, advice: `Write [${meant}]` } as const];
  });
}
