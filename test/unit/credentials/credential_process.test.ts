// Tests a profile's credential_process: its output, and that it is killed with its children when it runs too long or prints too much.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runCredentialProcess } from "../../../src/credentials/credential_process.js";

const never = new AbortController().signal;
let folder: string;

beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "credential-process-"))));
afterEach(() => rmSync(folder, { recursive: true }));

function run(command: string, timeoutMs = 20_000, signal = never) {
  return runCredentialProcess(command, { profile: "own", timeoutMs, signal });
}

/** Returns a command with a child that outlives it unless killed too, and functions that check both processes. */
function hanging(): { command: string; isRunning: () => boolean; hasBegun: () => boolean } {
  const numbers = path.join(folder, "numbers");
  const script = path.join(folder, "hang.sh");
  writeFileSync(script, `trap '' TERM\nsleep 60 &\necho "$$ $!" > '${numbers}.new'; mv '${numbers}.new' '${numbers}'\nwait\nsleep 60\n`);
  const isAlive = (pid: number) => {
    try {
      // A zombie has ended, though its parent may not have collected it.
      return !/^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      return false;
    }
  };
  return {
    command: `sh ${script}`,
    hasBegun: () => existsSync(numbers),
    isRunning: () => readFileSync(numbers, "utf8").trim().split(" ").map(Number).some(isAlive),
  };
}

describe("a credential_process", () => {
  it("provides the credentials that it prints", async () => {
    const printed = { Version: 1, AccessKeyId: "AKID", SecretAccessKey: "s", SessionToken: "t", Expiration: "2099-01-01T00:00:00Z" };
    const expected = { accessKeyId: "AKID", secretAccessKey: "s", sessionToken: "t", expiration: new Date("2099-01-01T00:00:00Z") };
    expect(await run(`echo '${JSON.stringify(printed)}'`)).toEqual(expected);
  });

  it("that does not end is killed with its children at the time limit, with an error that says so", async () => {
    const { command, hasBegun, isRunning } = hanging();
    const outcome = run(command, 1000).catch((error: unknown) => error);
    await vi.waitUntil(hasBegun);
    expect(isRunning()).toBe(true);
    const message = "the credential_process of profile 'own' did not end within 1 s and was killed; run it by hand to see what it waits for";
    expect(await outcome).toMatchObject({ name: "CredentialsTimeout", message });
    await vi.waitFor(() => expect(isRunning()).toBe(false));
  });

  it("is killed with its children when the credentials are closed", async () => {
    const { command, hasBegun, isRunning } = hanging();
    const closing = new AbortController();
    const outcome = expect(run(command, 60_000, closing.signal)).rejects.toThrow("the output is closed");
    await vi.waitUntil(hasBegun);
    closing.abort();
    await outcome;
    await vi.waitFor(() => expect(isRunning()).toBe(false));
    await expect(run("echo", 60_000, closing.signal)).rejects.toThrow("the output is closed");
  });

  it.each([65_536, 65_537])("may print up to 65536 bytes: %i", async (bytes) => {
    const printed = JSON.stringify({ Version: 1, AccessKeyId: "AKID", SecretAccessKey: "s", More: "" });
    const file = path.join(folder, "printed");
    writeFileSync(file, printed.replace('""', `"${"x".repeat(bytes - printed.length)}"`));
    if (bytes <= 65_536) expect(await run(`cat ${file}`)).toMatchObject({ accessKeyId: "AKID" });
    else await expect(run(`cat ${file}`)).rejects.toThrow("the credential_process of profile 'own' printed more than 65536 bytes and was killed");
  });

  it.each([
    ["exit 7", "ended with status 7; run it by hand to see why"],
    ["kill -9 $$", "was ended by SIGKILL; run it by hand to see why"],
    ["echo hunter2", "printed no JSON"],
    ["echo '{\"Version\":2}'", 'printed no "Version": 1'],
    ["echo null", 'printed no "Version": 1'],
    ["echo '{\"Version\":1,\"AccessKeyId\":\"hunter2\"}'", "printed no AccessKeyId and SecretAccessKey"],
    ["/nowhere/hunter2", "ended with status 127; run it by hand to see why"],
  ])("that runs %s fails with an error that shows neither the command line nor its output", async (command, reason) => {
    await expect(run(command)).rejects.toMatchObject({
      name: "CredentialsProviderError",
      message: `the credential_process of profile 'own' ${reason}`,
    });
  });
});
