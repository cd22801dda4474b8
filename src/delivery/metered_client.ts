/** Counts the requests of a Kinesis client, and what became of their entries. */
import type { Entry, EntryTable } from "../pack/entry_table.js";
import type { Metrics } from "../telemetry/metrics.js";
import type { PutRecordsClient, PutRecordsOutcome } from "./put_records.js";
import type { RequestSign, ServicePulse } from "./service_pulse.js";
import { isThrottling } from "./throttling.js";

/** Of an attempt that got no answer: by the limits of time of the plugin, or by those of the connection. */
const timeoutCodes = new Set(["RequestTimeout", "TimeoutError", "ETIMEDOUT", "CredentialsTimeout"]);

/**
 * The same client for one stream, of which each request is counted and followed.
 * @param now milliseconds that only ever grow
 * @param stream a name; the output's own stream when unset
 */
export function metered(client: PutRecordsClient, metrics: Metrics, now: () => number, pulse: ServicePulse, stream?: string): PutRecordsClient {
  return {
    async putRecords(table, entries) {
      const startMs = now();
      metrics.requestStarted();
      const request = pulse.started();
      const outcome = await client.putRecords(table, entries, stream);
      pulse.ended(request, signOf(entries, outcome));
      metrics.requestEnded((now() - startMs) / 1000);
      count(table, entries, outcome, metrics);
      return outcome;
    },
    close: () => client.close(),
  };
}

function signOf(entries: readonly Entry[], outcome: PutRecordsOutcome): RequestSign {
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
