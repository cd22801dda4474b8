/** Reads and checks the environment variables that rule the plugin. */
import { ConfigurationError } from "../configuration_error.js";
import { parseGoDuration } from "./go_duration.js";
import type { LogLevel } from "../telemetry/log.js";
import { readRoleArn } from "./values.js";
import type { Environment } from "../network/environment.js";

/** FLB_LOG_LEVEL, and whether its value was one of those allowed. */
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

/** Whether FLB_LOG_LEVEL rules, rather than Fluent Bit's log_level. */
export function hasLogLevel(environment: Environment): boolean {
  return (environment["FLB_LOG_LEVEL"] ?? "") !== "";
}

/** What an instance takes from the environment besides the AWS SDK's own variables. */
export interface InstanceEnvironment {
  /** SEND_FAILURE_TIMEOUT in milliseconds; undefined when unset. */
  readonly sendFailureTimeoutMs: number | undefined;
  /** EKS_POD_EXECUTION_ROLE: assumed first, and role_arn with its credentials. */
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

/** Where the environment sends what goes to Kinesis, for a line in the log; undefined when it leaves that to the region. */
export function kinesisEndpointOf(environment: Environment): string | undefined {
  if (environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] === "true") return undefined;
  for (const name of ["AWS_ENDPOINT_URL_KINESIS", "AWS_ENDPOINT_URL"]) {
    const value = environment[name] ?? "";
    // It may hold a password.
    if (value !== "") return value.includes("@") ? `that of ${name}` : `${value} (${name})`;
  }
  return undefined;
}
