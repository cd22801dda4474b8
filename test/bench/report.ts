// Formats the results as text for the terminal.
import { tableOf } from "./fluent_bit/comparison.js";
import { slopeTable } from "./fluent_bit/slope.js";
import { standstillTable } from "./fluent_bit/standstill.js";
import type { GrowthPoint } from "./growth.js";
import type { HostFigures } from "./host/host_figures.js";
import type { FluentBitResults, Results } from "./results.js";
import type { StageResult } from "./stage.js";
import { figure, table } from "./table.js";

function headingOf({ machine, versions, date }: Results): string {
  const { processor, cores, memoryGib } = machine;
  const { node, libnode, plugin, commit, fluentBit } = versions;
  const through = fluentBit === undefined ? "" : `, Fluent Bit ${fluentBit}`;
  return `${date.slice(0, 10)}, ${cores} × ${processor}, ${memoryGib} GiB; plugin ${plugin} (${commit}), Node ${node}, ${libnode}${through}`;
}

export function stageTable(stages: readonly StageResult[]): string {
  const head = ["stage", "ours µs", "wall µs", "MB/s", "others: µs, × ours"];
  const rows = stages.map(({ stage, name, bytesPerRecord, timings: [ours, ...others] }) => [
    `${stage}: ${name}`,
    figure(ours?.cpuMicroseconds ?? NaN, 3),
    figure(ours?.wallMicroseconds ?? NaN, 3),
    figure(bytesPerRecord / (ours?.cpuMicroseconds ?? NaN), 0),
    others.map((other) => `${other.name} ${figure(other.cpuMicroseconds, 2)}, ${figure(other.ratio, 2)} ×`).join("; "),
  ]);
  return table(head, rows);
}

function growthTable(points: readonly GrowthPoint[]): string {
  const head = ["growth", "CPU µs a record", "CPU ns a byte"];
  return table(head, points.map((point) => [
    `${point.at} ${point.axis}`,
    figure(point.cpuMicrosecondsPerRecord, 3),
    figure(point.cpuNanosecondsPerByte, 2),
  ]));
}

function hostText(host: HostFigures): string {
  return [
    `FLBPluginInit ${figure(host.startMilliseconds, 1)} ms; at rest ${figure(host.restMib, 1)} MiB`,
    `a flush of 10 records ${figure(host.flushMilliseconds, 3)} ms`,
    `one flush after the other: ${figure(host.megabytesPerSecond, 0)} MB/s, ${figure(host.cpuMicrosecondsPerRecord, 2)} µs of CPU a record`,
    "",
    growthTable(host.growth),
  ].join("\n");
}

function fluentBitText({ title, records, latencyMs, runs, summaries }: FluentBitResults): string {
  return `Through Fluent Bit: ${title}; ${records} container logs over TLS, responses after ${latencyMs} ms, medians of ${runs}\n${tableOf(summaries)}`;
}

export function reportOf(results: Results): string {
  const { stages, encodingGrowth: encoding, host, fluentBit, slopes, standstills, rest } = results;
  const restRows = rest.map(({ variant, rssMib, usedRssMib }) => [variant, figure(rssMib, 1), figure(usedRssMib, 1)]);
  return [
    headingOf(results),
    `By stage, CPU and wall time for one record\n${stageTable(stages)}`,
    `From chunks to the bodies of requests\n${growthTable(encoding)}`,
    `The whole plugin in the host program, over TLS\n${hostText(host)}`,
    ...fluentBit.map(fluentBitText),
    ...(slopes.length === 0 ? [] : [slopeTable(slopes)]),
    ...(standstills.length === 0 ? [] : [standstillTable(standstills)]),
    ...(rest.length === 0 ? [] : [`Fluent Bit at rest\n${table(["variant", "MiB", "MiB, used once"], restRows)}`]),
  ].join("\n\n");
}
