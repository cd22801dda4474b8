/** Whether a flush can come to its end in the time that Fluent Bit grants it, and how long chunks gather. */
import type { Config } from "../../../src/config.js";
import type { Finding, Place } from "../findings.js";
import { isKnown, placeOf, type KinesisOutput, type Settings } from "../outputs.js";

/** Seconds. Source: Fluent Bit, include/fluent-bit/flb_config.h and src/flb_config.c. */
const defaultGrace = 5;
const defaultFlush = 1;
/** Below this many seconds aggregates stay small, see "KPL aggregation" in the README. */
const longFlush = 5;

/** Infinite when Fluent Bit waits for ever. */
export function graceOf(service: Settings): number {
  const value = service.last("grace")?.resolved;
  const grace = value === undefined || !isKnown(service.last("grace")) ? defaultGrace : Number.parseInt(value, 10) || 0;
  return grace < 0 ? Number.POSITIVE_INFINITY : grace;
}

/** retry_timeout and http_request_timeout against Grace. */
export function timeouts(output: KinesisOutput, config: Config, service: Settings): Finding[] {
  const findings: Finding[] = [];
  const grace = graceOf(service);
  const retry = config.retryTimeoutMs / 1000;
  const request = config.connection.requestTimeoutMs / 1000;
  if (retry > grace) {
    findings.push({
      severity: "warning",
      place: placeOf(output, "retry_timeout"),
      rule: "grace",
      message: `retry_timeout (${retry} s) is longer than Grace (${grace} s): at its end Fluent Bit may drop a flush that is trying again`,
      advice: `Set Grace in [SERVICE] to more than ${retry}, or retry_timeout to less than ${grace}`,
    });
  }
  if (request === 0) {
    findings.push({
      severity: "hint",
      place: placeOf(output, "http_request_timeout"),
      rule: "request-timeout",
      message: "without http_request_timeout a request that is not answered holds its flush for up to 60 seconds",
      advice: "Set it to 1 or 2 if the end of Fluent Bit must be quick",
    });
  } else if (request > grace) {
    findings.push({
      severity: "warning",
      place: placeOf(output, "http_request_timeout"),
      rule: "request-timeout",
      message: `http_request_timeout (${request} s) is longer than Grace (${grace} s): Fluent Bit may end before a request is given up`,
      advice: `Set Grace in [SERVICE] to more than ${request}, or http_request_timeout to less than ${grace}`,
    });
  }
  return findings;
}

/** Fluent Bit does not start when Flush is not above zero. */
export function flush(service: Settings): Finding[] {
  const setting = service.last("flush");
  if (setting === undefined || !isKnown(setting) || flushOf(service) > 0) return [];
  const place: Place = { file: setting.file, line: setting.line };
  return [{ severity: "error", place, rule: "flush", message: "'Flush' is not above zero, and Fluent Bit does not start with it", advice: "Set it to a number of seconds such as 1" }];
}

/** A short Flush makes small chunks, and an aggregate never holds records of two. */
export function aggregationFlush(output: KinesisOutput, config: Config, service: Settings): Finding[] {
  const seconds = flushOf(service);
  if (!isKnown(service.last("flush"))) return [];
  if (config.aggregation === undefined || seconds >= longFlush || seconds <= 0) return [];
  const setting = service.last("flush");
  const what = setting === undefined ? `Flush is ${seconds} s, its default` : `Flush is ${seconds} s`;
  return [{
    severity: "warning",
    place: setting === undefined ? placeOf(output, "aggregation") : { file: setting.file, line: setting.line },
    rule: "aggregation-flush",
    message: `${what}: aggregates hold records of one chunk, and stay small`,
    advice: `Set Flush in [SERVICE] to ${longFlush} or more, such as 20`,
  }];
}

function flushOf(service: Settings): number {
  const value = service.last("flush")?.resolved;
  return value === undefined ? defaultFlush : Number.parseFloat(value) || 0;
}
