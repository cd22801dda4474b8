/** Checks which records an output gets, and whether a stream gets records twice. */
import type { Finding } from "../findings.js";
import { isKnown, type KinesisOutput, type Pipeline } from "../outputs.js";
import { patternsOverlap } from "../tag_pattern.js";

/** Returns a setting's value, or its text as written if the value is not known here. */
function valueOf({ settings }: KinesisOutput, name: string): string {
  const setting = settings.last(name);
  return (isKnown(setting) ? setting?.resolved : setting?.value) ?? "";
}

/** Checks Match: without it, an output gets all records only if there is one input and one output. Source: Fluent Bit, src/flb_router.c. */
export function match(output: KinesisOutput, { configuration }: Pipeline): Finding[] {
  if (valueOf(output, "match") !== "" || valueOf(output, "match_regex") !== "") return [];
  const count = (kind: "input" | "output") => configuration.sections.filter((section) => section.kind === kind).length;
  const isAlone = count("input") === 1 && count("output") === 1;
  const advice = "Set Match, for example to *";
  const common = { place: output.place, rule: "match", advice } as const;
  if (isAlone || configuration.hasRoutes) {
    const why = isAlone ? "it gets all records only while there is one input and one output" : "it gets only the records that routes of inputs send to it";
    return [{ ...common, severity: "hint", message: `the output has no Match or Match_Regex; ${why}` }];
  }
  return [{ ...common, severity: "error", message: "the output has no Match or Match_Regex, so it gets no records" }];
}

/** Finds outputs that match the same tags for the same stream. */
export function doubles({ kinesis }: Pipeline): Finding[] {
  return kinesis.flatMap((output, index) => {
    const other = kinesis.slice(0, index).find((before) => targetOf(before) === targetOf(output) && overlap(before, output));
    if (other === undefined || option(output, "stream") === "") return [];
    const message = `the output in line ${other.place.line} of ${other.place.file} sends some of this output's tags to the same stream: those records arrive twice`;
    return [{ severity: "warning", place: output.place, rule: "doubles", message, advice: "Narrow the Match of one of the two, or remove it" } as const];
  });
}

function option({ settings }: KinesisOutput, name: string): string {
  const setting = settings.first(name);
  return (isKnown(setting) ? setting?.resolved : setting?.value) ?? "";
}

function targetOf(output: KinesisOutput): string {
  const stream = option(output, "stream").replace(/^arn:.*:stream\//u, "");
  return JSON.stringify([stream, option(output, "region"), option(output, "endpoint"), option(output, "role_arn")]);
}

function overlap(one: KinesisOutput, other: KinesisOutput): boolean {
  const [regex, otherRegex] = [valueOf(one, "match_regex"), valueOf(other, "match_regex")];
  // Two regular expressions are compared only for equality.
  if (regex !== "" || otherRegex !== "") return regex === otherRegex;
  const [pattern, otherPattern] = [valueOf(one, "match"), valueOf(other, "match")];
  return pattern !== "" && otherPattern !== "" && patternsOverlap(pattern, otherPattern);
}
