/** Reads and checks the plugin's environment variables. */
import { ConfigurationError } from "../configuration_error.js";
import { parseGoDuration } from "./go_duration.js";
import type { LogLevel } from "../telemetry/log.js";
import { readRoleArn } from "./values.js";
import type { Environment } from "../network/environment.js";

/** Returns the level that FLB_LOG_LEVEL sets, info by default, and its value when that is invalid. */
export function readLogLevel(environment: Environment): { level: LogLevel; unknown: string | undefined } {
  const value = environment["FLB_LOG_LEVEL"] ?? "";
  switch (value.toLowerCase()) {
    case "debug":
      return { level: "debug", unknown: undefined };
    case "error":
      return { level: "error", unknown: undefined };
    case "":
    case "info":
      return { level: "info", unknown: undefined };
    default:
      return { level: "info", unknown: value };
  }
}

/** Returns whether FLB_LOG_LEVEL overrides Fluent Bit's log_level. */
export function hasLogLevel(environment: Environment): boolean {
  return (environment["FLB_LOG_LEVEL"] ?? "") !== "";
}

/** Settings of an instance from the environment, without the AWS SDK's own variables. */
export interface InstanceEnvironment {
  /** SEND_FAILURE_TIMEOUT in milliseconds; undefined when unset. */
  readonly sendFailureTimeoutMs: number | undefined;
  /** EKS_POD_EXECUTION_ROLE: assumed first; its credentials then assume role_arn. */
  readonly eksPodExecutionRole: string | undefined;
}

/** @throws ConfigurationError that names the variable */
export function readInstanceEnvironment(environment: Environment): InstanceEnvironment {
  const timeout = environment["SEND_FAILURE_TIMEOUT"] ?? "";
  const timeoutMs = timeout === "" ? undefined : parseGoDuration(timeout);
  if (timeout !== "" && (timeoutMs === undefined || timeoutMs === 0)) {
    throw new ConfigurationError(
      `Invalid 'SEND_FAILURE_TIMEOUT' value (${timeout}) specified, must be a duration above zero such as 5m30s, 1h or 250ms`,
    );
  }
  const role = readRoleArn("EKS_POD_EXECUTION_ROLE", environment["EKS_POD_EXECUTION_ROLE"] ?? "");
  return { sendFailureTimeoutMs: timeoutMs, eksPodExecutionRole: role };
}

/** Returns the endpoint for Kinesis from the environment, for a log line and the state file's destination; undefined when the region decides. */
export function kinesisEndpointOf(environment: Environment): string | undefined {
  if (environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] === "true") return undefined;
  for (const name of ["AWS_ENDPOINT_URL_KINESIS", "AWS_ENDPOINT_URL"]) {
    const value = environment[name] ?? "";
    // A URL with "@" may hold a password.
    if (value !== "") return value.includes("@") ? `that of ${name}` : `${value} (${name})`;
  }
  return undefined;
}
