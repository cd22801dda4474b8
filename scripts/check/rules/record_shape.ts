/** Options about records that get in each other's way. */
import type { Config } from "../../../src/options/config.js";
import { maxRecordBytes } from "../../../src/limits.js";
import type { Finding, Severity } from "../findings.js";
import { placeOf, type KinesisOutput } from "../outputs.js";

/** Each complaint about the shape of records. */
export function recordShape(output: KinesisOutput, config: Config): Finding[] {
  const findings: Finding[] = [];
  const add = (severity: Severity, option: string, rule: string, message: string, advice: string) =>
    findings.push({ severity, place: placeOf(output, option), rule, message, advice });
  const { record } = config;
  const { dataKeys, logKey, replaceDots } = record;
  const timeKey = record.time?.key;
  const isRemoved = (key: string) => dataKeys !== undefined && !dataKeys.includes(key);

  if (logKey !== undefined && isRemoved(logKey)) {
    add("error", "log_key", "log-key", "data_keys removes the key of log_key, so every record is dropped", `Add '${logKey}' to data_keys, or remove data_keys`);
  }
  if (timeKey !== undefined && isRemoved(timeKey)) {
    add("warning", "time_key", "time-key", "data_keys removes the key of time_key, so the time is not sent", `Remove time_key, which then changes nothing; or add '${timeKey}' to data_keys where the consumers are to get the time`);
  } else if (timeKey !== undefined && logKey !== undefined && timeKey !== logKey) {
    add("warning", "time_key", "time-key", "with log_key only that key's value is sent, so the time is not", "Remove time_key, which changes nothing");
  }
  if (logKey !== undefined && dataKeys !== undefined && !isRemoved(logKey)) {
    add("hint", "data_keys", "data-keys", "with log_key only that key's value is sent, so data_keys changes nothing", "Remove data_keys");
  }
  if (logKey?.includes(".") === true && replaceDots?.includes(".") === false) {
    add("error", "log_key", "log-key", "replace_dots renames the key of log_key before it is looked up, so every record is dropped", `Write '${logKey.replaceAll(".", replaceDots)}'`);
  }
  if (record.appendNewline && config.compression === "zlib") {
    add("warning", "append_newline", "compression", "the newline is inside of each compressed record; zlib's cannot be strung together to lines", "Nothing, where the consumers unpack each record by itself; else agree with them on gzip, whose members can be");
  }
  // Not for the stand-in of a value that is wrong or not known.
  const isAsWritten = Number(output.settings.first("max_record_size")?.resolved) === config.limits.maxRecordBytes;
  if (isAsWritten && config.limits.maxRecordBytes > maxRecordBytes) {
    add("hint", "max_record_size", "large-records", "records of more than 1 MiB are taken only by a stream that was configured for them", "Check its MaxRecordSizeInKiB, and that the consumers take such records");
  }
  return findings;
}
