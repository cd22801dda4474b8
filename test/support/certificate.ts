// Makes self-signed certificates with the machine's openssl.
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Certificate {
  /** File with the certificate, for the side that trusts it. */
  readonly certificateFile: string;
  /** File with key and certificate in the form of kinesis-local. */
  readonly serverFile: string;
}

/** @param alternativeNames hosts of the certificate, as openssl's subjectAltName */
export async function makeCertificate(
  folder: string,
  alternativeNames = "DNS:localhost,IP:127.0.0.1",
): Promise<Certificate> {
  const keyFile = path.join(folder, "key.pem");
  const certificateFile = path.join(folder, "certificate.pem");
  const serverFile = path.join(folder, "server.json");
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const names = ["-subj", "/CN=localhost", "-addext", `subjectAltName=${alternativeNames}`];
  await run("openssl", [...request, ...names, "-keyout", keyFile, "-out", certificateFile]);
  const [key, cert] = await Promise.all([readFile(keyFile, "utf8"), readFile(certificateFile, "utf8")]);
  await writeFile(serverFile, JSON.stringify({ server: { key, cert } }));
  return { certificateFile, serverFile };
}

/** Returns key and certificate of 127.0.0.1, expired a day ago, for a server. */
export async function makeExpiredCertificate(folder: string): Promise<{ readonly key: string; readonly cert: string }> {
  const [keyFile, requestFile, extensions, certificateFile] = ["key", "request", "extensions", "certificate"].map((name) =>
    path.join(folder, `expired-${name}.pem`),
  ) as [string, string, string, string];
  await writeFile(extensions, "subjectAltName=IP:127.0.0.1\n");
  const request = ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost"];
  await run("openssl", [...request, "-keyout", keyFile, "-out", requestFile]);
  await run("openssl", ["x509", "-req", "-in", requestFile, "-signkey", keyFile, "-days", "-1", "-extfile", extensions, "-out", certificateFile]);
  const [key, cert] = await Promise.all([readFile(keyFile, "utf8"), readFile(certificateFile, "utf8")]);
  return { key, cert };
}
