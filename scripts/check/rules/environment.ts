/** Checks the environment variables of the plugin with the plugin's own readers. */
import { ConfigurationError } from "../../../src/configuration_error.js";
import { readInstanceEnvironment, readLogLevel } from "../../../src/options/environment.js";
import { readNetworkEnvironment } from "../../../src/network/network.js";
import type { Finding } from "../findings.js";
import type { Environment } from "../../../src/network/environment.js";

/**
 * Returns a finding for each variable that the plugin would reject or not understand.
 * @param isElsewhere whether the variables are a container's, so that files that they name cannot be read here
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
    const message = `FLB_LOG_LEVEL is '${unknown}', which the plugin reads as info`;
    findings.push({ severity: "warning", place: undefined, rule: "environment", message, advice: "Set it to debug, info or error" });
  }
  return findings;
}
