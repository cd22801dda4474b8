/** Reads the region of a profile from the shared files. */
import { parseKnownFiles } from "@smithy/core/config";
import type { Environment } from "../network/environment.js";
import { profileName } from "./credential_source.js";
import { boundSharedFiles, sharedFileFaults, sharedFilePath } from "./shared_files.js";

/**
 * Returns a profile's region from both files, read as the SDK's clients read them; empty when they have none.
 * @param profile undefined or empty for the profile that the environment names
 */
export async function readProfileRegion(profile: string | undefined, environment: Environment): Promise<{ region: string; place: string }> {
  boundSharedFiles();
  const name = profile === undefined || profile === "" ? profileName(environment) : profile;
  const configFilepath = sharedFilePath(environment["AWS_CONFIG_FILE"], "config");
  const filepath = sharedFilePath(environment["AWS_SHARED_CREDENTIALS_FILE"], "credentials");
  const profiles = await parseKnownFiles({ configFilepath, filepath, ignoreCache: true });
  const region = profiles[name]?.["region"] ?? "";
  const faults = region === "" ? (await sharedFileFaults(environment)).map(({ text }) => ` (${text})`).join("") : "";
  return { region, place: `profile '${name}' of ${configFilepath} and ${filepath}${faults}` };
}
