/** Checks that flushes can complete in the time that an output has at its end, and how long chunks gather. */
import type { Config } from "../../../src/options/config.js";
import type { Finding, Place } from "../findings.js";
import { isKnown, placeOf, type KinesisOutput, type Settings } from "../outputs.js";

/** Defaults of Grace and Flush, in seconds. Source: Fluent Bit, include/fluent-bit/flb_config.h and src/flb_config.c. */
const defaultGrace = 5;
const defaultFlush = 1;
/** Time limits of an idle connection, and of a response if http_request_timeout is unset. See docs/NETWORK.md, "Time limits". */
const idleSeconds = 60;
const defaultResponseSeconds = 10;
/** Seconds of Flush below which aggregates stay small, see docs/RECORDS.md, "KPL aggregation". */
const longFlush = 5;

/** Page size of x86-64, and the smallest of other architectures. */
const pageBytes = 4096;

/** Returns Grace in seconds; infinite if Fluent Bit waits forever. */
export function graceOf(service: Settings): number {
  const value = service.last("grace")?.resolved;
  const grace = value === undefined || !isKnown(service.last("grace")) ? defaultGrace : Number.parseInt(value, 10) || 0;
  return grace < 0 ? Number.POSITIVE_INFINITY : grace;
}

/** Compares retry_timeout and http_request_timeout with the time that an output has at its end: Grace and drain_timeout. */
export function timeouts(output: KinesisOutput, config: Config, service: Settings): Finding[] {
  const findings: Finding[] = [];
  const grace = graceOf(service);
  const drain = config.drainTimeoutMs / 1000;
  const end = grace + drain;
  const endName = `Grace (${grace} s) and drain_timeout (${drain} s) together`;
  const raise = (seconds: number) => `Set drain_timeout to ${seconds - grace} or more, Grace in [SERVICE] to ${seconds - drain} or more`;
  const retry = config.retryTimeoutMs / 1000;
  if (retry > end) {
    findings.push({
      severity: "warning",
      place: placeOf(output, "retry_timeout"),
      rule: "grace",
      message: `retry_timeout (${retry} s) is longer than ${endName}: at its end the output gives up chunks that it still retries`,
      advice: `${raise(retry)}, or retry_timeout to ${end} or less`,
    });
  }
  const { requestTimeoutMs, responseTimeoutMs = 0 } = config.connection;
  const isDefault = responseTimeoutMs > 0;
  const request = (isDefault ? responseTimeoutMs : requestTimeoutMs) / 1000;
  const place = placeOf(output, "http_request_timeout");
  if (request === 0) {
    findings.push({
      severity: "hint",
      place,
      rule: "request-timeout",
      message: `with 'http_request_timeout 0' a request without a response holds its chunk for up to ${idleSeconds} seconds`,
      advice: `Remove it: the default is ${defaultResponseSeconds} seconds`,
    });
  } else if (request > end) {
    findings.push({
      severity: isDefault ? "hint" : "warning",
      place: isDefault ? placeOf(output, "drain_timeout") : place,
      rule: "request-timeout",
      message: `http_request_timeout (${request} s${isDefault ? ", its default" : ""}) is longer than ${endName}: at its end the output gives up requests whose response may still come`,
      advice: `${raise(request)}, or http_request_timeout to ${end} or less`,
    });
  }
  return findings;
}

/** Checks Flush: Fluent Bit does not start unless it is above zero. */
export function flush(service: Settings): Finding[] {
  const setting = service.last("flush");
  if (setting === undefined || !isKnown(setting) || flushOf(service) > 0) return [];
  const place: Place = { file: setting.file, line: setting.line };
  return [{ severity: "error", place, rule: "flush", message: "'Flush' is not above zero, and Fluent Bit does not start with it", advice: "Set it to a number of seconds such as 1" }];
}

/** Checks coro_stack_size: Fluent Bit does not start if it is below one page. Source: src/flb_config.c and src/flb_engine.c. */
export function stackSize(service: Settings): Finding[] {
  const setting = service.last("coro_stack_size");
  if (setting === undefined || !isKnown(setting) || Number.parseInt(setting.resolved, 10) >= pageBytes) return [];
  const message = `'${setting.key}' is below ${pageBytes} bytes, and Fluent Bit does not start with it`;
  return [{ severity: "error", place: { file: setting.file, line: setting.line }, rule: "stack-size", message, advice: "Remove it" }];
}

/** Checks Flush for aggregation: a short Flush makes small chunks, and an aggregate holds records of one chunk only. */
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
