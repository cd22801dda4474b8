// Draws the results as a picture (SVG): bars of CPU and of wall time.
import { type Bar, barChart, type Row, type Section } from "./bar_chart.js";
import { NOTHING, TITLES } from "./fluent_bit/comparison.js";
import type { FluentBitResults, Results } from "./results.js";
import type { StageResult } from "./stage.js";
import { figure } from "./table.js";

/** Names of the outputs in the documents and the picture. */
export const outputNames: Readonly<Record<string, string>> = { c: "C output", ours: "this plugin", peer: "Go plugin" };

/** Returns a variant's label: `ours-workers2` becomes "this plugin, 2 workers". */
export function labelOf(variant: string): string {
  const [output = "", ...words] = variant.split("-");
  const spelt = words.map((word) => word.replace(/^workers(\d+)$/, (_, count: string) => `${count} worker${count === "1" ? "" : "s"}`));
  return [outputNames[output] ?? output, ...spelt].join(", ");
}

function fluentBitSection({ title, records, latencyMs, runs, summaries }: FluentBitResults): Section {
  const rows = summaries
    .filter(({ variant }) => variant.split("-")[0] !== NOTHING)
    .map(({ variant, outputCpuSeconds, wallSeconds, firstToLastSeconds }): Row => {
      const kind = variant.startsWith("ours") ? "ours" : "other";
      const cpu: Bar = { kind, value: outputCpuSeconds, text: `${figure(outputCpuSeconds, 2)} s CPU` };
      const wall: Bar = latencyMs === 0
        ? { kind: "wall", value: wallSeconds, text: `${figure(wallSeconds, 2)} s to the last request` }
        : { kind: "wall", value: firstToLastSeconds, text: `${figure(firstToLastSeconds, 2)} s first to last request` };
      return { label: labelOf(variant), bars: [cpu, wall] };
    });
  const subtitle = `${records.toLocaleString("en")} container logs over TLS, medians of ${runs}; CPU without that of Fluent Bit with the null output`;
  const suffix = latencyMs === 0 ? "" : `, responses after ${latencyMs} ms`;
  return { title: `Through Fluent Bit: ${title}${suffix}`, subtitle, rows };
}

/** Returns the first case of each stage, in proportion to its baseline's CPU. */
function stageSection(stages: readonly StageResult[]): Section {
  const firsts = stages.filter(({ stage }, index) => stages.findIndex((other) => other.stage === stage) === index);
  const rows = firsts.map(({ stage, name, timings: [ours, baseline] }): Row => {
    const whole = baseline?.cpuMicroseconds ?? NaN;
    const cpu = ours?.cpuMicroseconds ?? NaN;
    const wall = ours?.wallMicroseconds ?? NaN;
    const bars: Bar[] = [
      { kind: "ours", value: cpu / whole, text: `${figure(cpu, 2)} µs CPU, ${figure(baseline?.ratio ?? NaN, 1)} × less` },
      { kind: "wall", value: wall / whole, text: `${figure(wall, 2)} µs wall` },
      { kind: "other", value: 1, text: `${figure(whole, 2)} µs: ${baseline?.name ?? ""}` },
    ];
    return { label: stage, note: name, bars };
  });
  return { title: "By stage, for one record", subtitle: "each with a usual way to do the same", rows };
}

/** Returns a whole SVG document. */
export function pictureOf({ machine, versions, date, stages, fluentBit }: Results): string {
  const compared = fluentBit.filter(({ title }) => title !== TITLES.growth);
  const sections = [...compared.map(fluentBitSection), ...(stages.length === 0 ? [] : [stageSection(stages)])];
  const through = versions.fluentBit === undefined ? "" : `, Fluent Bit ${versions.fluentBit}`;
  const foot = `${date.slice(0, 10)} · ${machine.cores} × ${machine.processor} · Node ${versions.node}, ${versions.libnode}${through}`;
  return barChart("CPU and wall time of this plugin and of others", sections, foot);
}
