/** Finds log levels with which Fluent Bit does not start. */
import type { Finding } from "../findings.js";
import { isKnown, type KinesisOutput, type Pipeline, type Setting } from "../outputs.js";

/** Source: Fluent Bit, src/flb_log.c, flb_log_get_level_str, and src/flb_config.c, set_log_level. */
const level = /^(?:off|error|warn|warning|info|debug|trace)$/iu;
const advice = "Write off, error, warn, info, debug or trace";

/** Checks each log_level of an output. */
export function outputLogLevel({ settings }: KinesisOutput): Finding[] {
  return settings.all.filter(({ name }) => name === "log_level").flatMap(unknownLevel);
}

/** Checks each log_level of [SERVICE], also together with FLB_LOG_LEVEL. */
export function serviceLogLevel({ service, read }: Pipeline): Finding[] {
  const settings = service.all.filter(({ name }) => name === "log_level");
  const [first] = settings;
  if (first === undefined || !level.test(read("FLB_LOG_LEVEL") ?? "")) return settings.flatMap(unknownLevel);
  const { file, line } = first;
  const message = "Fluent Bit 5.1 does not start with log_level in [SERVICE] while FLB_LOG_LEVEL is set in the environment";
  return [{ severity: "error", place: { file, line }, rule: "log-level", message, advice: "Remove log_level or unset FLB_LOG_LEVEL" }];
}

function unknownLevel(setting: Setting): Finding[] {
  if (!isKnown(setting) || setting.resolved === "" || level.test(setting.resolved)) return [];
  const { file, line } = setting;
  const message = "Fluent Bit does not know this 'log_level', and does not start with it";
  return [{ severity: "error", place: { file, line }, rule: "log-level", message, advice }];
}
