/** Reads the token files that single sign-on and `aws login` leave for the SDK. */
import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import { externalDataInterceptor, getSSOTokenFilepath, loadSsoSessionData, type parseKnownFiles } from "@smithy/core/config";
import { FileFault, maxFileBytes, readBoundedFile } from "../network/bounded_file.js";
import { secrets } from "../telemetry/secrets.js";
import { CredentialsProviderError } from "./renewing_credentials.js";

type Profile = Awaited<ReturnType<typeof parseKnownFiles>>[string];

/**
 * Runs `use` with the profile's token preloaded in the SDK, which then does not read the token's file.
 * @throws CredentialsProviderError when the token cannot be read
 */
export async function withSessionToken<Result>(name: string, profile: Profile, use: () => Promise<Result>): Promise<Result> {
  const { sso_session: session, sso_start_url: start, login_session: login } = profile;
  if (login !== undefined) await checkLogin(name, login);
  const id = session ?? start;
  if (id === undefined) return use();
  if (session !== undefined && (await loadSsoSessionData())[session] === undefined) {
    throw new CredentialsProviderError(`profile '${name}' has sso_session ${session}, but there is no [sso-session ${session}] in AWS_CONFIG_FILE`);
  }
  const token = await readToken(name, getSSOTokenFilepath(id));
  const tokens = externalDataInterceptor.getTokenRecord() as Record<string, unknown>;
  tokens[id] = token;
  try {
    return await use();
  } finally {
    // Another fetch may have replaced it.
    if (tokens[id] === token) Reflect.deleteProperty(tokens, id);
  }
}

async function readToken(name: string, path: string): Promise<object> {
  let token: unknown;
  try {
    token = JSON.parse(await readText(name, path));
  } catch (error) {
    if (error instanceof CredentialsProviderError) throw error;
    // Not JSON: the error would show the text, which holds the token.
  }
  if (typeof token === "object" && token !== null) {
    const { accessToken, refreshToken, clientSecret } = token as Readonly<Record<string, unknown>>;
    for (const secret of [accessToken, refreshToken, clientSecret]) if (typeof secret === "string") secrets.note(secret);
    return token;
  }
  throw new CredentialsProviderError(`the session of profile '${name}' (${path}) holds no token; run aws sso login --profile ${name}`);
}

/** Rejects when the login's file cannot be read. The SDK reads it itself, and writes it too, so the text cannot be preloaded. */
async function checkLogin(name: string, session: string): Promise<void> {
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
