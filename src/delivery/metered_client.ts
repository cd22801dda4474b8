/** Counts the requests of a Kinesis client and the outcomes of their entries. */
import type { Entry, EntryTable } from "../pack/entry_table.js";
import type { Metrics } from "../telemetry/metrics.js";
import type { PutRecordsClient, PutRecordsOutcome } from "./kinesis_client.js";
import type { RequestVerdict, ServicePulse } from "./service_pulse.js";
import { isThrottling } from "./throttling.js";

/** Codes of attempts that timed out, by the plugin's or by the connection's time limits. */
const timeoutCodes = new Set(["RequestTimeout", "TimeoutError", "ETIMEDOUT", "CredentialsTimeout"]);

/**
 * Returns the client for one stream, with each request counted and reported to the pulse.
 * @param now returns milliseconds that never decrease
 * @param stream a stream's name; the output's own stream when unset
 */
export function metered(client: PutRecordsClient, metrics: Metrics, now: () => number, pulse: ServicePulse, stream?: string): PutRecordsClient {
  return {
    async putRecords(table, entries) {
      const startMs = now();
      metrics.requestStarted();
      const request = pulse.started();
      const outcome = await client.putRecords(table, entries, stream);
      pulse.ended(request, verdictOf(entries, outcome));
      metrics.requestEnded((now() - startMs) / 1000);
      count(table, entries, outcome, metrics);
      return outcome;
    },
    close: () => client.close(),
  };
}

function verdictOf(entries: readonly Entry[], outcome: PutRecordsOutcome): RequestVerdict {
  if (outcome.kind === "answered") return outcome.failed.length < entries.length ? "taken" : "not taken";
  return outcome.cause === "setup" || timeoutCodes.has(outcome.code) ? "hopeless" : "not taken";
}

function count(table: EntryTable, entries: readonly Entry[], outcome: PutRecordsOutcome, metrics: Metrics): void {
  if (outcome.kind === "failed") {
    return metrics.add(`requests_total:${isThrottling(outcome.code) ? "throttled" : outcome.cause}`, 1);
  }
  metrics.add("requests_total:answered", 1);
  const failed = new Set<Entry | undefined>();
  for (const { index, code } of outcome.failed) {
    failed.add(entries[index]);
    metrics.add(isThrottling(code) ? "failed_entries_total:throttled" : "failed_entries_total:other", 1);
  }
  let records = 0;
  let bytes = 0;
  for (const entry of entries) {
    if (failed.has(entry)) continue;
    records += table.userRecordsOf(entry);
    bytes += table.sizes.numbers[entry] as number;
  }
  metrics.add("sent_records_total", records);
  metrics.add("sent_entries_total", entries.length - failed.size);
  metrics.add("sent_bytes_total", bytes);
}
