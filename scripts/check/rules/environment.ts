/** The environment variables that rule the plugin, read by the plugin's own readers. */
import { ConfigurationError } from "../../../src/configuration_error.js";
import { readInstanceEnvironment, readLogLevel } from "../../../src/options/environment.js";
import { readNetworkEnvironment } from "../../../src/network/network.js";
import type { Finding } from "../findings.js";
import type { Environment } from "../../../src/network/environment.js";

/**
 * What the plugin would refuse, or not understand.
 * @param isElsewhere whether they are those of a container, where files that they name cannot be read from here
 */
export async function environmentVariables(environment: Environment, isElsewhere: boolean): Promise<Finding[]> {
  const findings: Finding[] = [];
  const network = isElsewhere ? { ...environment, AWS_CA_BUNDLE: undefined } : environment;
  const readers = [() => readInstanceEnvironment(environment), () => readNetworkEnvironment(network)];
  for (const read of readers) {
    try {
      await read();
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      findings.push({
        severity: "error",
        place: undefined,
        rule: "environment",
        message: error.message,
        advice: "Correct the variable, or unset it; Fluent Bit does not start with it",
      });
    }
  }
  const { unknown } = readLogLevel(environment);
  if (unknown !== undefined) {
    const message = `FLB_LOG_LEVEL is '${unknown}', which the plugin takes for info`;
    findings.push({ severity: "warning", place: undefined, rule: "environment", message, advice: "Set it to debug, info or error" });
  }
  return findings;
}
