/** Formats two readings of the metrics: one block of lines for each output. */
import { visibleText } from "../tail/visible_text.js";
import type { Series } from "./exposition.js";

/** One reading of the metrics. */
export interface Look {
  readonly atMs: number;
  readonly series: readonly Series[];
}

const prefix = "fluentbit_kinesis_";

/** Returns the blocks, in Fluent Bit's order of its outputs. @param before the previous reading; without it there are only totals */
export function dashboard(before: Look | undefined, now: Look): string {
  const outputs = new Map(now.series.filter(({ name }) => name === `${prefix}sent_records_total`).map(({ labels }) => [keyOf(labels), labels]));
  if (outputs.size === 0) return "There is no kinesis output with metrics here: its metrics need Fluent Bit 2.0 or newer\n";
  return Array.from(outputs.values(), (labels) => blockOf(new Output(labels, before, now))).join("\n");
}

function keyOf({ name = "", stream = "" }: Readonly<Record<string, string>>): string {
  return JSON.stringify([name, stream]);
}

/** The series of one output, and how they grow. */
class Output {
  readonly #key: string;
  readonly #before: Look | undefined;
  readonly #now: Look;
  readonly title: string;

  constructor(labels: Readonly<Record<string, string>>, before: Look | undefined, now: Look) {
    this.#key = keyOf(labels);
    this.#before = before;
    this.#now = now;
    this.title = `${visibleText(labels["name"] ?? "")} -> ${visibleText(labels["stream"] ?? "")}`;
  }

  /** Returns the current sum of the series of this name. */
  total(name: string, isWanted: (labels: Series["labels"]) => boolean = () => true): number {
    return this.#sum(this.#now, name, isWanted);
  }

  /** Returns the growth since the previous reading; after a hot reload, which restarts at zero, the whole sum. */
  growth(name: string, isWanted: (labels: Series["labels"]) => boolean = () => true): number {
    const now = this.total(name, isWanted);
    const before = this.#before === undefined ? now : this.#sum(this.#before, name, isWanted);
    return now < before ? now : now - before;
  }

  /** Returns the growth per second; undefined for the first reading. */
  perSecond(name: string, isWanted?: (labels: Series["labels"]) => boolean): number | undefined {
    const seconds = (this.#now.atMs - (this.#before?.atMs ?? this.#now.atMs)) / 1000;
    return seconds > 0 ? this.growth(name, isWanted) / seconds : undefined;
  }

  /** Returns the bucket bound, in seconds, for this share of the requests since the previous reading; undefined without any. */
  quantile(share: number): number | undefined {
    const name = "request_duration_seconds_bucket";
    const bounds = [...new Set(this.#now.series.filter((series) => this.#isOwn(series, name)).map(({ labels }) => labels["le"] ?? ""))];
    const counts = bounds
      .map((le) => ({ bound: le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le), count: this.growth(name, (labels) => labels["le"] === le) }))
      .sort((one, other) => one.bound - other.bound);
    const all = Math.max(0, ...counts.map(({ count }) => count));
    return all === 0 ? undefined : counts.find(({ count }) => count >= all * share)?.bound;
  }

  #isOwn({ name, labels }: Series, wanted: string): boolean {
    return name === prefix + wanted && keyOf(labels) === this.#key;
  }

  #sum({ series }: Look, name: string, isWanted: (labels: Series["labels"]) => boolean): number {
    return series.filter((each) => this.#isOwn(each, name) && isWanted(each.labels)).reduce((sum, { value }) => sum + value, 0);
  }
}

function blockOf(output: Output): string {
  const throttled = (labels: Series["labels"]) => labels["reason"] === "throttled";
  const isFailure = (labels: Series["labels"]) => labels["outcome"] !== "answered";
  const meanSeconds = output.growth("request_duration_seconds_sum") / output.growth("request_duration_seconds_count");
  const p99 = output.quantile(0.99);
  const bytes = output.perSecond("sent_bytes_total");
  const lines = [
    output.title,
    row("records", `${rate(output.perSecond("sent_records_total"))}, ${rate(bytes === undefined ? undefined : bytes / 1e6, " MB")}; ${whole(output.total("sent_records_total"))} in all`),
    row("requests", `${whole(output.total("requests_in_flight"))} in flight of ${whole(output.total("concurrent_requests"))}; ${rate(output.perSecond("requests_total"))}, ${rate(output.perSecond("requests_total", isFailure))} failed`),
    row("latency", Number.isFinite(meanSeconds) ? `${milliseconds(meanSeconds)} on average${p99 === undefined ? "" : `, 99 % below ${milliseconds(p99)}`}` : "no request ended"),
    row("throttled", `${rate(output.perSecond("failed_entries_total", throttled))} records; ${whole(output.total("failed_entries_total", throttled))} in all`),
    row("retries", `${rate(output.perSecond("retry_rounds_total"))} by the plugin, ${rate(output.perSecond("flush_retries_total"))} by Fluent Bit`),
    row("dropped", `${whole(output.total("dropped_records_total"))} records in all`),
  ];
  return `${lines.join("\n")}\n`;
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(11)}${text}`;
}

function rate(perSecond: number | undefined, unit = ""): string {
  return perSecond === undefined ? `-${unit}/s` : `${perSecond.toLocaleString("en-US", { maximumFractionDigits: perSecond < 100 ? 1 : 0 })}${unit}/s`;
}

function whole(count: number): string {
  return count.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

function milliseconds(seconds: number): string {
  return Number.isFinite(seconds) ? `${(seconds * 1000).toLocaleString("en-US", { maximumFractionDigits: seconds < 0.01 ? 1 : 0 })} ms` : "more than a minute";
}
