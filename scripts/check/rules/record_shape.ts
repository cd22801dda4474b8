/** Finds conflicting options about the shape of records. */
import type { Config } from "../../../src/options/config.js";
import { maxRecordBytes } from "../../../src/limits.js";
import type { Finding, Severity } from "../findings.js";
import { placeOf, type KinesisOutput } from "../outputs.js";

/** Returns a finding for each conflict. */
export function recordShape(output: KinesisOutput, config: Config): Finding[] {
  const findings: Finding[] = [];
  const add = (severity: Severity, option: string, rule: string, message: string, advice: string) =>
    findings.push({ severity, place: placeOf(output, option), rule, message, advice });
  const { record } = config;
  const { dataKeys, exceptKeys, logKey, replaceDots } = record;
  const isMissing = (key: string) => dataKeys !== undefined && !dataKeys.includes(key);
  const isExcepted = (key: string) => exceptKeys?.includes(key) === true;

  if (logKey !== undefined && isMissing(logKey)) {
    add("error", "log_key", "log-key", "data_keys removes the key of log_key, so every record is dropped", `Add '${logKey}' to data_keys, or remove data_keys`);
  }
  if (logKey !== undefined && isExcepted(logKey)) {
    add("error", "log_key", "log-key", "except_keys removes the key of log_key, so every record is dropped", `Remove '${logKey}' from except_keys`);
  }
  const added = [["time_key", "time", record.time?.key], ["tag_key", "tag", record.tagKey], ["metadata_key", "metadata", record.metadataKey]] as const;
  for (const [option, content, key] of added) {
    if (key === undefined) continue;
    const rule = option.replace("_", "-");
    if (isMissing(key)) {
      add("warning", option, rule, `data_keys removes the key of ${option}, so the ${content} is not sent`, `Remove ${option}, which then changes nothing; or add '${key}' to data_keys if the consumers need the ${content}`);
    } else if (isExcepted(key)) {
      add("warning", option, rule, `except_keys removes the key of ${option}, so the ${content} is not sent`, `Remove '${key}' from except_keys`);
    } else if (logKey !== undefined && key !== logKey) {
      add("warning", option, rule, `with log_key only that key's value is sent, so the ${content} is not`, `Remove ${option}, which changes nothing`);
    }
  }
  if (logKey !== undefined && dataKeys !== undefined && !isMissing(logKey)) {
    add("hint", "data_keys", "data-keys", "with log_key only that key's value is sent, so data_keys changes nothing", "Remove data_keys");
  }
  if (logKey !== undefined && exceptKeys !== undefined && !isExcepted(logKey)) {
    add("hint", "except_keys", "except-keys", "with log_key only that key's value is sent, so except_keys changes nothing", "Remove except_keys");
  }
  if (logKey?.includes(".") === true && replaceDots?.includes(".") === false) {
    add("error", "log_key", "log-key", "replace_dots renames the key of log_key before it is looked up, so every record is dropped", `Write '${logKey.replaceAll(".", replaceDots)}'`);
  }
  if (record.appendNewline && config.compression === "zlib") {
    add("warning", "append_newline", "compression", "the newline is inside each compressed record, and concatenated zlib records cannot be decompressed as one text", "Nothing, if the consumers decompress each record separately; else agree with them on gzip, which can be concatenated");
  }
  // Not for a stand-in of an invalid or unknown value.
  const isAsWritten = Number(output.settings.first("max_record_size")?.resolved) === config.limits.maxRecordBytes;
  if (isAsWritten && config.limits.maxRecordBytes > maxRecordBytes) {
    add("hint", "max_record_size", "large-records", "only a stream that is configured for them accepts records of more than 1 MiB", "Check its MaxRecordSizeInKiB, and that the consumers take such records");
  }
  return findings;
}
