/** Reads keys, the profile name and the expected credentials source from options and environment, without calling any source. */
import type { Environment } from "../network/environment.js";

/** Options that select the source. Each role is assumed with the credentials of the previous one. */
export interface SourceOptions {
  readonly profile: string | undefined;
  readonly eksPodExecutionRole: string | undefined;
  readonly roleArn: string | undefined;
}

/** Keys from the environment, named as in the SDK. */
export interface EnvironmentKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Returns the expected source for a log line, such as "the environment, then role arn:aws:iam::123456789012:role/logs". */
export function credentialSource({ profile, eksPodExecutionRole, roleArn }: SourceOptions, environment: Environment): string {
  const source = profile === undefined ? chainSource(environment) : `profile '${profile}'`;
  const roles = [eksPodExecutionRole, roleArn].filter((role) => role !== undefined);
  return [source, ...roles.map((role) => `role ${role}`)].join(", then ");
}

/** Follows the order of credential_chain.ts. The shared files may have no credentials, so the next source is named too. */
function chainSource(environment: Environment): string {
  const isSet = (...names: string[]) => names.some((name) => (environment[name] ?? "") !== "");
  if (environmentKeys(environment) !== undefined) return "the environment";
  if (isSet("AWS_WEB_IDENTITY_TOKEN_FILE")) return "the web identity token";
  const profile = profileName(environment);
  const shared = profile === "default" ? "the shared files" : `profile '${profile}'`;
  if (isSet("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")) return `${shared}, else the container's endpoint`;
  return isMetadataOff(environment) ? shared : `${shared}, else EC2 instance metadata`;
}

/** Returns the keys in the environment; undefined when unset. */
export function environmentKeys(environment: Environment): EnvironmentKeys | undefined {
  // The second names are old ones that the Go SDK still accepts.
  const first = (...names: string[]) => names.map((name) => environment[name] ?? "").find((value) => value !== "");
  const accessKeyId = first("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY");
  const secretAccessKey = first("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY");
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  const sessionToken = first("AWS_SESSION_TOKEN");
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

/** Returns the profile that the environment names. As in the Go SDK, AWS_DEFAULT_PROFILE counts only with AWS_SDK_LOAD_CONFIG. */
export function profileName(environment: Environment): string {
  const named = environment["AWS_PROFILE"] ?? "";
  if (named !== "") return named;
  const isLoaded = /^(1|t|true)$/iu.test(environment["AWS_SDK_LOAD_CONFIG"] ?? "");
  const fallback = isLoaded ? (environment["AWS_DEFAULT_PROFILE"] ?? "") : "";
  return fallback === "" ? "default" : fallback;
}

/** Returns whether the environment turns off EC2 instance metadata. */
export function isMetadataOff(environment: Environment): boolean {
  return environment["AWS_EC2_METADATA_DISABLED"]?.toLowerCase() === "true";
}
