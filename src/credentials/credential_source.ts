/** Where credentials will be looked for, as far as options and environment tell before anybody is asked. */

type Environment = Readonly<Record<string, string | undefined>>;

/** The roles are assumed one after the other, on top of what the source gives. */
export interface SourceOptions {
  readonly profile: string | undefined;
  readonly eksPodExecutionRole: string | undefined;
  readonly roleArn: string | undefined;
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
  const hasKeys = isSet("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY") && isSet("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY");
  if (hasKeys) return "the environment";
  if (isSet("AWS_WEB_IDENTITY_TOKEN_FILE")) return "the web identity token";
  const shared = isSet("AWS_PROFILE") ? `profile '${environment["AWS_PROFILE"] ?? ""}'` : "the shared files";
  if (isSet("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")) return `${shared}, else the container's endpoint`;
  const isOff = environment["AWS_EC2_METADATA_DISABLED"]?.toLowerCase() === "true";
  return isOff ? shared : `${shared}, else EC2 instance metadata`;
}
