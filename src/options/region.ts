/** Finds the region of an output without the option `region`: in the environment, then in its profile of the shared files. */
import type { Environment } from "../network/environment.js";
import { readRegion } from "./values.js";

/** The region for an unset option `region`, or the places without a region. */
export type DefaultRegion =
  | { readonly region: string; readonly source: string }
  | { readonly region: undefined; readonly lookedIn: readonly string[] };

/** The region of a profile of the shared files. */
export interface ProfileRegion {
  /** Empty when the profile has none. */
  readonly region: string;
  /** Names the profile and the files. */
  readonly place: string;
}

/** Variables with a region, first one first. AWS SDKs and the AWS CLI differ in which of them they read. */
export const regionVariables: readonly string[] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/** @param readProfile called when the environment has no region. @throws ConfigurationError that names the place of an invalid region */
export async function findRegion(environment: Environment, readProfile: () => Promise<ProfileRegion>): Promise<DefaultRegion> {
  for (const name of regionVariables) {
    const region = readRegion(name, environment[name] ?? "");
    if (region !== undefined) return { region, source: name };
  }
  const profile = await readProfile();
  const region = readRegion(`region of ${profile.place}`, profile.region);
  return region === undefined ? { region, lookedIn: [...regionVariables, profile.place] } : { region, source: profile.place };
}
