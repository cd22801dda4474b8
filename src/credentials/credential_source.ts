/** What options and environment tell of credentials before anybody is asked: keys, names, and where they will be looked for. */
import type { Environment } from "../network/environment.js";

/** The roles are assumed one after the other, with the credentials of the one before. */
export interface SourceOptions {
  readonly profile: string | undefined;
  readonly eksPodExecutionRole: string | undefined;
  readonly roleArn: string | undefined;
}

/** As the SDK names them. */
export interface EnvironmentKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** For a line in the log, such as "the environment, then role arn:aws:iam::123456789012:role/logs". */
export function credentialSource({ profile, eksPodExecutionRole, roleArn }: SourceOptions, environment: Environment): string {
  const source = profile === undefined ? chainSource(environment) : `profile '${profile}'`;
  const roles = [eksPodExecutionRole, roleArn].filter((role) => role !== undefined);
  return [source, ...roles.map((role) => `role ${role}`)].join(", then ");
}

/** The order is that of credential_chain.ts. The shared files may have none to give: who comes behind them is named too. */
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
  // The second names are old ones that the Go SDK still takes.
  const first = (...names: string[]) => names.map((name) => environment[name] ?? "").find((value) => value !== "");
  const accessKeyId = first("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY");
  const secretAccessKey = first("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY");
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  const sessionToken = first("AWS_SESSION_TOKEN");
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

/** Which profile the environment names; AWS_DEFAULT_PROFILE as the Go SDK does, beside AWS_SDK_LOAD_CONFIG. */
export function profileName(environment: Environment): string {
  const named = environment["AWS_PROFILE"] ?? "";
  if (named !== "") return named;
  const isLoaded = /^(1|t|true)$/iu.test(environment["AWS_SDK_LOAD_CONFIG"] ?? "");
  const fallback = isLoaded ? (environment["AWS_DEFAULT_PROFILE"] ?? "") : "";
  return fallback === "" ? "default" : fallback;
}

/** Whether instance metadata is not to be asked. */
export function isMetadataOff(environment: Environment): boolean {
  return environment["AWS_EC2_METADATA_DISABLED"]?.toLowerCase() === "true";
}
