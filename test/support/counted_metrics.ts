// Metrics that keep their sums, as Fluent Bit would show them.
import type { CounterSeries, Metrics } from "../../src/telemetry/metrics.js";

export class CountedMetrics implements Metrics {
  readonly counts = new Map<string, number>();
  readonly seconds: number[] = [];
  inFlight = 0;
  maxInFlight = 0;
  /** Each limit of requests in flight, in order. */
  readonly limits: number[] = [];
  /** Counts at each publication. */
  readonly published: Readonly<Record<string, number>>[] = [];

  add(series: CounterSeries, count: number): void {
    if (count !== 0) this.counts.set(series, (this.counts.get(series) ?? 0) + count);
  }

  requestStarted(): void {
    this.inFlight++;
    this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
  }

  requestEnded(seconds: number): void {
    this.inFlight--;
    this.seconds.push(seconds);
  }

  concurrency(limit: number): void {
    this.limits.push(limit);
  }

  publish(): void {
    this.published.push(this.all);
  }

  /** All counts above zero. */
  get all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.counts);
  }

  /** Counts whose names have this prefix. */
  of(start: string): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.counts].filter(([series]) => series.startsWith(start)));
  }
}
