/** Finds the region of an output that does not name one: in the environment, then in its profile of the shared files. */
import type { Environment } from "../network/environment.js";
import { readRegion } from "./values.js";

/** The region that stands in for an unset option `region`, or the places that have none. */
export type DefaultRegion =
  | { readonly region: string; readonly source: string }
  | { readonly region: undefined; readonly lookedIn: readonly string[] };

/** A profile of the shared files, as far as its region goes. */
export interface ProfileRegion {
  /** Empty where it has none. */
  readonly region: string;
  /** Names the profile and the files. */
  readonly place: string;
}

/** In their order. The AWS SDKs and their command line know the one, the other, or both. */
export const regionVariables: readonly string[] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/** @param readProfile is called when the environment has no region. @throws ConfigurationError that names where an invalid one is */
export async function findRegion(environment: Environment, readProfile: () => Promise<ProfileRegion>): Promise<DefaultRegion> {
  for (const name of regionVariables) {
    const region = readRegion(name, environment[name] ?? "");
    if (region !== undefined) return { region, source: name };
  }
  const profile = await readProfile();
  const region = readRegion(`region of ${profile.place}`, profile.region);
  return region === undefined ? { region, lookedIn: [...regionVariables, profile.place] } : { region, source: profile.place };
}
