// Tests the classification of TLS faults: those of certificates, protocols and ports get a hint, transient ones are retried.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createPlainServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { connect, createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readFailure } from "../../../src/kinesis/failure.js";
import { makeCertificate } from "../../support/certificate.js";

const folder = mkdtempSync(path.join(tmpdir(), "tls-fault-"));
let tls: { key: string; cert: string };

beforeAll(async () => {
  const { serverFile } = await makeCertificate(folder);
  tls = (JSON.parse(readFileSync(serverFile, "utf8")) as { server: typeof tls }).server;
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Returns the failure for Node's error of a TLS connection to this server. */
async function failureAt(server: Server, options: object = {}) {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const error = await new Promise((resolve) => {
    connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...options }).on("error", resolve);
  });
  server.close();
  return readFailure(error);
}

describe("a TLS connection", () => {
  it("to a port without TLS fails permanently, with a hint to the scheme and the port", async () => {
    const server = createPlainServer((socket) => socket.on("error", () => undefined).end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const failure = await failureAt(server);
    expect(failure).toMatchObject({ code: expect.stringMatching(/^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/) as string, cause: "setup" });
    expect(failure.message).toMatch(/^TLS failed: .* \(the server there does not speak TLS: check the scheme and the port/);
    expect(failure.message).not.toContain("routines");
  });

  it("without a common version of TLS fails permanently, with a hint to the version", async () => {
    const server = createTlsServer({ ...tls, minVersion: "TLSv1.3" }).on("tlsClientError", () => undefined);
    const failure = await failureAt(server, { maxVersion: "TLSv1.2" });
    expect(failure).toMatchObject({ code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", cause: "setup" });
    expect(failure.message).toContain("no TLS version or cipher in common");
  });
});

describe("an error of OpenSSL", () => {
  const of = (code: string, message = "m") => readFailure(Object.assign(new Error(message), { code }));

  it.each([
    "ERR_SSL_UNEXPECTED_EOF_WHILE_READING",
    "ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC",
    "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC",
    "ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR",
    "ERR_SSL_APPLICATION_DATA_AFTER_CLOSE_NOTIFY",
  ])("%s is transient", (code) => expect(of(code)).toMatchObject({ code, cause: "transient" }));

  it.each([
    "ERR_SSL_WRONG_VERSION_NUMBER",
    "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
    "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
    "ERR_SSL_CERTIFICATE_VERIFY_FAILED",
    "ERR_SSL_NO_CIPHERS_AVAILABLE",
    "ERR_SSL_DH_KEY_TOO_SMALL",
    "ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
  ])("%s is permanent", (code) => expect(of(code)).toMatchObject({ code, cause: "setup" }));

  it("keeps the name of the proxy at the start of its message", () => {
    const message = "the proxy of HTTPS_PROXY (p:1): write EPROTO 40A7:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../x.c:1:\n";
    expect(of("EPROTO", message)).toMatchObject({
      code: "ERR_SSL_WRONG_VERSION_NUMBER",
      message: expect.stringMatching(/^the proxy of HTTPS_PROXY \(p:1\): TLS failed: wrong version number \(/) as string,
    });
  });

  it("EPROTO without a reason of OpenSSL is transient", () => expect(of("EPROTO")).toMatchObject({ code: "EPROTO", cause: "transient" }));
});
