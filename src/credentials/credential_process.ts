/**
 * Runs a profile's credential_process, a command that prints credentials, within a time limit.
 * Source: AWS CLI User Guide, Sourcing credentials with an external process.
 */
import { spawn, type ChildProcess, type ChildProcessByStdio, type StdioOptions } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { insteadOfInherited } from "./inherited_descriptors.js";
import { maxCredentialBytes, stringFields } from "./local_endpoint.js";
import { CredentialsProviderError, CredentialsTimeout, type Credentials } from "./renewing_credentials.js";

/** Longer than a request waits for credentials: some commands ask their user, or call a slow service. */
export const processTimeoutMs = 60_000;

/** Limits on the run of a command. */
export interface ProcessLimits {
  /** Name of the profile, for messages. */
  readonly profile: string;
  readonly timeoutMs: number;
  /** Kills the command, whose credentials are no longer needed. */
  readonly signal: AbortSignal;
}

/** Returns the credentials that the command prints. @throws an error with no part of the command line or its output */
export async function runCredentialProcess(command: string, limits: ProcessLimits): Promise<Credentials> {
  return readCredentials(await outputOf(command, limits), limits.profile);
}

function outputOf(command: string, { profile, timeoutMs, signal }: ProcessLimits): Promise<string> {
  const name = `credential_process of profile '${profile}'`;
  return new Promise((resolve, reject) => {
    if (signal.aborted) throw new CredentialsProviderError("the output is closed");
    const child = start(command);
    const parts: Buffer[] = [];
    let bytes = 0;
    const settle = (error: Error | undefined) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      if (error === undefined) resolve(Buffer.concat(parts).toString());
      else reject(error);
    };
    const kill = (error: Error) => {
      killAll(child);
      child.stdout.destroy();
      settle(error);
    };
    const onAbort = () => kill(new CredentialsProviderError("the output is closed"));
    const timer = setTimeout(() => {
      kill(new CredentialsTimeout(`the ${name} did not end within ${timeoutMs / 1000} s and was killed; run it by hand to see what it waits for`));
    }, timeoutMs).unref();
    signal.addEventListener("abort", onAbort, { once: true });
    child.stdout.on("data", (part: Buffer) => {
      parts.push(part);
      bytes += part.length;
      if (bytes > maxCredentialBytes) kill(new CredentialsProviderError(`the ${name} printed more than ${maxCredentialBytes} bytes and was killed`));
    });
    child.on("error", ({ message }) => settle(new CredentialsProviderError(`the ${name} cannot be started: ${message}`)));
    child.on("close", (status, killedBy) => {
      if (status === 0) return settle(undefined);
      const how = killedBy === null ? `ended with status ${status}` : `was ended by ${killedBy}`;
      settle(new CredentialsProviderError(`the ${name} ${how}; run it by hand to see why`));
    });
  });
}

/**
 * Shell script that becomes the command, `$1`, and leaves a background reader of descriptor 3. When the descriptor ends without
 * a line, this process has ended for any reason, and the reader kills the whole group.
 */
const keeper = '(read -r _ <&3 || kill -s KILL 0) >/dev/null & exec sh -c "$1" 3<&-';

/**
 * Starts the command in its own process group, to kill it with everything that it starts. It inherits only a pipe for its
 * output and a pipe that ends with this process.
 */
function start(command: string): ChildProcessByStdio<null, Readable, null> {
  if (process.platform === "win32") return spawn(command, { shell: true, stdio: ["ignore", "pipe", "ignore"], windowsHide: true });
  const nothing = openSync("/dev/null", "r+");
  try {
    const stdio: StdioOptions = ["ignore", "pipe", "ignore", "pipe", ...insteadOfInherited(nothing).slice(1)];
    const child = spawn("/bin/sh", ["-c", keeper, "sh", command], { detached: true, stdio }) as ChildProcessByStdio<null, Readable, null>;
    const lifeline = child.stdio[3] as Socket;
    lifeline.on("error", () => undefined);
    child.once("exit", () => lifeline.end("\n"));
    return child;
  } finally {
    closeSync(nothing);
  }
}

/** Kills the command and everything that it started. */
function killAll(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (process.platform === "win32") {
    spawn("taskkill", ["/pid", String(pid), "/T", "/F"], { stdio: "ignore", windowsHide: true }).on("error", () => child.kill());
    return;
  }
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group has already ended.
  }
}

function readCredentials(output: string, profile: string): Credentials {
  const name = `the credential_process of profile '${profile}'`;
  let printed: unknown;
  try {
    printed = JSON.parse(output);
  } catch {
    throw new CredentialsProviderError(`${name} printed no JSON`);
  }
  const version: unknown = typeof printed === "object" && printed !== null ? Reflect.get(printed, "Version") : undefined;
  if (version !== 1) throw new CredentialsProviderError(`${name} printed no "Version": 1`);
  const field = stringFields(output);
  const [accessKeyId, secretAccessKey] = [field("AccessKeyId"), field("SecretAccessKey")];
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new CredentialsProviderError(`${name} printed no AccessKeyId and SecretAccessKey`);
  }
  const [sessionToken, expiration] = [field("SessionToken"), field("Expiration")];
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(expiration === undefined ? {} : { expiration: new Date(expiration) }),
  };
}
