/** Checks what happens to chunks that could not be sent. */
import type { Finding } from "../findings.js";
import { isKnown, type KinesisOutput } from "../outputs.js";
import { isSize, isUnlimited } from "../size.js";

const defaultRetryLimit = 1;

/** Checks Retry_Limit. Source: Fluent Bit, src/flb_output.c, flb_output_set_property. */
export function retryLimit(output: KinesisOutput): Finding[] {
  const setting = output.settings.last("retry_limit");
  if (!isKnown(setting)) return [];
  const place = setting === undefined ? output.place : { file: setting.file, line: setting.line };
  const value = (setting?.resolved ?? "").toLowerCase();
  const warn = (message: string, advice: string): Finding[] => [{ severity: "warning", place, rule: "retry-limit", message, advice }];
  if (["no_limits", "false", "off"].includes(value)) {
    const limit = output.settings.last("storage.total_limit_size");
    if (!isKnown(limit) || !isUnlimited(limit?.resolved ?? "")) return [];
    return warn(
      `'Retry_Limit ${value}' without storage.total_limit_size: while the stream is unreachable, chunks pile up without limit`,
      "Set storage.total_limit_size to what the disk can spare, or Retry_Limit to a number",
    );
  }
  if (value === "no_retries") return warn("'Retry_Limit no_retries': a chunk that fails once is lost", "Set a number such as 5");
  const number = Number.parseInt(value, 10);
  if (value !== "" && !(number > 0)) return warn(`'Retry_Limit' is not a number above zero; Fluent Bit uses ${defaultRetryLimit}`, "Set a number such as 5");
  if (value !== "" && number > defaultRetryLimit) return [];
  const what = value === "" ? "Retry_Limit is not set, and its default is 1" : "'Retry_Limit 1'";
  return warn(`${what}: a chunk that fails twice is lost`, "Set it to 5 or more");
}

/** Checks storage.total_limit_size. */
export function storageLimit({ settings }: KinesisOutput): Finding[] {
  return settings.all.flatMap((setting): Finding[] => {
    const { name, resolved, file, line } = setting;
    if (name !== "storage.total_limit_size" || !isKnown(setting) || isSize(resolved)) return [];
    const message = "'storage.total_limit_size' is not a size that Fluent Bit knows, and it does not start with it";
    return [{ severity: "error", place: { file, line }, rule: "storage-limit", message, advice: "Write bytes, or a number with K, M or G such as 5G, or off" }];
  });
}
