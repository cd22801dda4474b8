/** Tokens that a login has left for the SDK: those of single sign-on, and of `aws login`. */
import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import { externalDataInterceptor, getSSOTokenFilepath, loadSsoSessionData, type parseKnownFiles } from "@smithy/core/config";
import { FileFault, maxFileBytes, readBoundedFile } from "../network/bounded_file.js";
import { secrets } from "../telemetry/secrets.js";
import { CredentialsProviderError } from "./renewing_credentials.js";

type Profile = Awaited<ReturnType<typeof parseKnownFiles>>[string];

/**
 * Runs `use`, for which the SDK takes the profile's token from here and not from its file.
 * @throws CredentialsProviderError when the token cannot be read
 */
export async function withSessionToken<Result>(name: string, profile: Profile, use: () => Promise<Result>): Promise<Result> {
  const { sso_session: session, sso_start_url: start, login_session: login } = profile;
  if (login !== undefined) await lookAtLogin(name, login);
  const id = session ?? start;
  if (id === undefined) return use();
  if (session !== undefined && (await loadSsoSessionData())[session] === undefined) {
    throw new CredentialsProviderError(`profile '${name}' has sso_session ${session}, and there is no [sso-session ${session}] in AWS_CONFIG_FILE`);
  }
  const token = await readToken(name, getSSOTokenFilepath(id));
  const tokens = externalDataInterceptor.getTokenRecord() as Record<string, unknown>;
  tokens[id] = token;
  try {
    return await use();
  } finally {
    // Another fetch may have put its own there.
    if (tokens[id] === token) Reflect.deleteProperty(tokens, id);
  }
}

async function readToken(name: string, path: string): Promise<object> {
  let token: unknown;
  try {
    token = JSON.parse(await readText(name, path));
  } catch (error) {
    if (error instanceof CredentialsProviderError) throw error;
    // No JSON: the error would show what it failed at.
  }
  if (typeof token === "object" && token !== null) {
    const { accessToken, refreshToken, clientSecret } = token as Readonly<Record<string, unknown>>;
    for (const secret of [accessToken, refreshToken, clientSecret]) if (typeof secret === "string") secrets.note(secret);
    return token;
  }
  throw new CredentialsProviderError(`the session of profile '${name}' (${path}) holds no token; run aws sso login --profile ${name}`);
}

/** The SDK reads this file itself, three times. It writes it too, so it cannot be given another text. */
async function lookAtLogin(name: string, session: string): Promise<void> {
  const folder = process.env["AWS_LOGIN_CACHE_DIRECTORY"] ?? join(homedir(), ".aws", "login", "cache");
  await readText(name, join(folder, `${createHash("sha256").update(session).digest("hex")}.json`), "aws login");
}

async function readText(name: string, path: string, login = "aws sso login"): Promise<string> {
  try {
    return (await readBoundedFile(path, maxFileBytes)).toString();
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    throw new CredentialsProviderError(`the session of profile '${name}' (${path}) ${error.message}; run ${login} --profile ${name}`);
  }
}
