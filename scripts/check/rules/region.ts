/** Finds the region of an output without `region`, as far as it is known here. */
import { ConfigurationError } from "../../../src/configuration_error.js";
import { readProfileRegion } from "../../../src/credentials/profile_region.js";
import type { Environment } from "../../../src/network/environment.js";
import { findRegion, regionVariables, type DefaultRegion } from "../../../src/options/region.js";
import { regionOfArn } from "../../../src/options/stream_name.js";
import type { Container } from "../configuration.js";
import type { Finding } from "../findings.js";
import type { KinesisOutput } from "../outputs.js";

/** A region with the findings about it. */
export interface CheckedRegion {
  /** Undefined if the output names a region itself, or the region is unknown or invalid. */
  readonly found: DefaultRegion | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Returns the region that the plugin would find.
 * @param container the container of the environment, if any; its shared AWS files cannot be read here
 */
export async function regionOf(output: KinesisOutput, environment: Environment, container: Container | undefined): Promise<CheckedRegion> {
  const { place, settings } = output;
  const own = settings.first("region");
  // A value that depends on a variable that is unset here is unknown.
  if (own !== undefined && (own.resolved !== "" || own.unset.length > 0)) return { found: undefined, findings: [] };
  if (container?.hasMoreVariables === true || regionVariables.some((name) => isUnknown(container, name))) return { found: undefined, findings: [] };
  const readProfile = () => readProfileRegion(settings.first("profile")?.resolved, environment);
  try {
    const found = await findRegion(environment, container === undefined ? readProfile : async () => Promise.resolve(unread));
    const missing = { severity: "warning", rule: "missing-option", message: messageOf(found, output), advice: adviceForNone } as const;
    const known = { severity: "hint", rule: "region", message: messageOf(found, output), advice: adviceForFound } as const;
    return { found, findings: [{ place, ...(found.region === undefined ? missing : known) }] };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const advice = "Correct it, or set 'region'; Fluent Bit does not start with it";
    return { found: undefined, findings: [{ severity: "error", place, rule: "environment", message: error.message, advice }] };
  }
}

/** Returns whether a variable is set to a value that is not known here. */
function isUnknown(container: Container | undefined, name: string): boolean {
  return container?.variables.has(name) === true && container.variables.get(name) === undefined;
}

const unread = { region: "", place: "the shared files of the container, which cannot be read here" };
const adviceForNone = "Set 'region', or set AWS_REGION where Fluent Bit runs; it does not start without either";
const adviceForFound = "Make sure that it is the same where Fluent Bit runs, or set 'region'";

function messageOf(found: DefaultRegion, { settings }: KinesisOutput): string {
  if (found.region !== undefined) return `'region' is not set; here it is ${found.region}, from ${found.source}`;
  const arnRegion = regionOfArn(settings.first("stream")?.resolved ?? "");
  const hint = arnRegion === undefined ? "" : `; the ARN in 'stream' names ${arnRegion}`;
  return `'region' is not set, and no region was found in ${found.lookedIn.join(", ")}${hint}`;
}
