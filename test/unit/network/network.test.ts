// Tests reading the network settings of the environment, and the messages for invalid ones.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigurationError } from "../../../src/configuration_error.js";
import { readNetworkEnvironment } from "../../../src/network/network.js";
import { makeCertificate } from "../../support/certificate.js";

const folder = mkdtempSync(path.join(tmpdir(), "network-"));
let certificateFile = "";

beforeAll(async () => {
  ({ certificateFile } = await makeCertificate(folder));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function complaint(environment: Record<string, string>): Promise<string> {
  try {
    await readNetworkEnvironment(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
  throw new Error("the environment was accepted");
}

describe("a variable for a proxy", () => {
  it.each([
    [{}, undefined, undefined],
    [{ HTTPS_PROXY: "http://a:1" }, "http://a:1/", undefined],
    [{ HTTP_PROXY: "http://a:1" }, undefined, "http://a:1/"],
    [{ https_proxy: "http://a:1", http_proxy: "http://b:2" }, "http://a:1/", "http://b:2/"],
    [{ HTTPS_PROXY: "http://capital:1", https_proxy: "http://small:1" }, "http://capital:1/", undefined],
    [{ HTTPS_PROXY: "", https_proxy: "http://small:1" }, "http://small:1/", undefined],
    [{ HTTPS_PROXY: "proxy.example:3128" }, "http://proxy.example:3128/", undefined],
    [{ HTTPS_PROXY: "10.0.0.1:3128" }, "http://10.0.0.1:3128/", undefined],
    [{ HTTPS_PROXY: "proxy" }, "http://proxy/", undefined],
    [{ HTTPS_PROXY: "user:secret@proxy:3128" }, "http://user:secret@proxy:3128/", undefined],
    [{ HTTPS_PROXY: "[::1]:3128" }, "http://[::1]:3128/", undefined],
    [{ HTTPS_PROXY: "https://proxy" }, "https://proxy/", undefined],
    [{ HTTPS_PROXY: "SOCKS5://proxy:1080" }, "socks5://proxy:1080", undefined],
    [{ HTTPS_PROXY: "socks5h://proxy" }, "socks5h://proxy", undefined],
  ])("is read from %j", async (environment, https, http) => {
    const { proxies } = await readNetworkEnvironment(environment);
    expect(proxies.https?.url.href).toBe(https);
    expect(proxies.http?.url.href).toBe(http);
  });

  it.each([
    ["http://user:secret@"],
    ["http://user:se#cret@proxy:3128"],
    ["http://user:secret%zz@proxy:3128"],
    ["http://user:secret@proxy:66000"],
    ["ftp://user:secret@proxy:21"],
    ["socks4://user:secret@proxy:1080"],
    ["user secret"],
  ])("with an invalid value (%s) is named in the message, without the value", async (value) => {
    for (const name of ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"]) {
      const message = await complaint({ [name]: value });
      expect(message).toContain(`'${name}'`);
      expect(message).not.toMatch(/se#?cret/);
    }
  });

  it("NO_PROXY is read in upper case first too", async () => {
    const through = { HTTPS_PROXY: "proxy" };
    const { bypass } = (await readNetworkEnvironment({ ...through, NO_PROXY: "capital.example", no_proxy: "small.example" })).proxies;
    expect([bypass("capital.example", 443), bypass("small.example", 443)]).toEqual([true, false]);
    expect((await readNetworkEnvironment({ ...through, no_proxy: "small.example" })).proxies.bypass("small.example", 443)).toBe(true);
  });
});

describe("AWS_CA_BUNDLE", () => {
  function fifo(): string {
    const file = path.join(folder, "fifo.pem");
    execFileSync("mkfifo", [file]);
    return file;
  }

  /** Returns a bundle of this many bytes: a certificate and blank lines. */
  function filled(bytes: number): string {
    const file = path.join(folder, "filled.pem");
    const certificate = readFileSync(certificateFile, "utf8");
    writeFileSync(file, certificate + "\n".repeat(bytes - certificate.length));
    return file;
  }

  it("unset or empty keeps Node's authorities", async () => {
    expect((await readNetworkEnvironment({})).trust).toBeUndefined();
    expect((await readNetworkEnvironment({ AWS_CA_BUNDLE: "" })).trust).toBeUndefined();
  });

  it("may contain text around its certificates, and a malformed one among them", async () => {
    const file = path.join(folder, "mixed.pem");
    const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    writeFileSync(file, `# authorities, für uns\n${broken}${readFileSync(certificateFile, "utf8")}# end\n`);
    expect((await readNetworkEnvironment({ AWS_CA_BUNDLE: file })).trust).toBeDefined();
  });

  it.each([
    ["is missing", () => path.join(folder, "missing.pem"), "ENOENT"],
    ["is a folder", () => folder, "is a folder; it must be a regular file"],
    ["is a FIFO without a writer", fifo, "is a FIFO; it must be a regular file"],
    ["is an endless device", () => "/dev/zero", "is a device; it must be a regular file"],
    ["has one byte too many", () => filled(1024 * 1024 + 1), "has more than 1048576 bytes"],
    ["has only a key", () => path.join(folder, "key.pem"), "holds no certificate"],
  ])("that %s is rejected with its path", async (_, file, reason) => {
    const named = file();
    const message = await complaint({ AWS_CA_BUNDLE: named });
    expect(message).toContain("'AWS_CA_BUNDLE'");
    expect(message).toContain(named);
    expect(message).toContain(reason);
  });

  it.each([1024 * 1024 - 1, 1024 * 1024])("is read up to 1 MiB: %i bytes", async (bytes) => {
    expect((await readNetworkEnvironment({ AWS_CA_BUNDLE: filled(bytes) })).trust).toBeDefined();
  });

  it("may be a symbolic link, as in most distributions", async () => {
    const link = path.join(folder, "link.pem");
    symlinkSync(certificateFile, link);
    expect((await readNetworkEnvironment({ AWS_CA_BUNDLE: link })).trust).toBeDefined();
  });

  it("with only a malformed certificate is rejected", async () => {
    const file = path.join(folder, "broken.pem");
    writeFileSync(file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    expect(await complaint({ AWS_CA_BUNDLE: file })).toContain("holds no certificate");
  });
});
