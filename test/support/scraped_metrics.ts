// Reads a real Fluent Bit's metrics at its HTTP endpoint.
import { vi } from "vitest";
import { freePort } from "./kinesis_local.js";

/** Values by the series' name with its labels, as Prometheus writes it. */
export type Scrape = ReadonlyMap<string, number>;

export class ScrapedMetrics {
  readonly #port: number;

  private constructor(port: number) {
    this.#port = port;
  }

  static async onFreePort(): Promise<ScrapedMetrics> {
    return new ScrapedMetrics(await freePort());
  }

  /** Properties of [SERVICE]. */
  get service(): Readonly<Record<string, string>> {
    return { http_server: "on", http_listen: "127.0.0.1", http_port: String(this.#port) };
  }

  /** Returns the metrics; empty while Fluent Bit does not respond. */
  async scrape(): Promise<Scrape> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.#port}/api/v2/metrics/prometheus`);
      const lines = [...(await response.text()).matchAll(/^(\w+\{.*\}) (\S+)$/gmu)];
      return new Map(lines.map(([, series = "", value]) => [series, Number(value)]));
    } catch {
      return new Map();
    }
  }

  /** Scrapes until the series has such a value; Fluent Bit renews its metrics every second. */
  async until(series: string, isIt: (value: number) => boolean): Promise<Scrape> {
    let last: Scrape = new Map();
    const look = async (): Promise<boolean> => {
      last = await this.scrape();
      return isIt(last.get(series) ?? Number.NaN);
    };
    await vi.waitUntil(look, { timeout: 60_000, interval: 200 }).catch((error: unknown) => {
      throw new Error(`${series} is ${last.get(series) ?? "missing"}`, { cause: error });
    });
    return last;
  }
}
