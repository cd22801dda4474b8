/** Where an output that does not name its region has it from, as far as that can be seen here. */
import { ConfigurationError } from "../../../src/configuration_error.js";
import { readProfileRegion } from "../../../src/credentials/profile_region.js";
import type { Environment } from "../../../src/network/environment.js";
import { findRegion, regionVariables, type DefaultRegion } from "../../../src/options/region.js";
import { regionOfArn } from "../../../src/options/stream_name.js";
import type { Container } from "../configuration.js";
import type { Finding } from "../findings.js";
import type { KinesisOutput } from "../outputs.js";

/** What was found of a region, and what is to be said of it. */
export interface CheckedRegion {
  /** Undefined where the output names one itself, or a wrong one would count. */
  readonly found: DefaultRegion | undefined;
  readonly findings: readonly Finding[];
}

/** @param container of which the environment is, where the shared files cannot be read from here */
export async function regionOf(output: KinesisOutput, environment: Environment, container: Container | undefined): Promise<CheckedRegion> {
  const { place, settings } = output;
  const own = settings.first("region");
  // What hangs on a variable that is not set here is not judged.
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

/** Whether a variable is set, but its value is not known here. */
function isUnknown(container: Container | undefined, name: string): boolean {
  return container?.variables.has(name) === true && container.variables.get(name) === undefined;
}

const unread = { region: "", place: "the shared files of the container, which cannot be read here" };
const adviceForNone = "Set 'region', or see that AWS_REGION is set where Fluent Bit runs, which does not start without either";
const adviceForFound = "See that it is the same where Fluent Bit runs, or set 'region'";

function messageOf(found: DefaultRegion, { settings }: KinesisOutput): string {
  if (found.region !== undefined) return `'region' is not set; by ${found.source} it is ${found.region} here`;
  const arnRegion = regionOfArn(settings.first("stream")?.resolved ?? "");
  const hint = arnRegion === undefined ? "" : `; the ARN in 'stream' names ${arnRegion}`;
  return `'region' is not set, and no region was found in ${found.lookedIn.join(", ")}${hint}`;
}
