// A self-signed certificate, made anew for each run by the machine's openssl.
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Certificate {
  /** The certificate alone, for the side that is to trust it. */
  readonly certificateFile: string;
  /** Key and certificate as kinesis-local wants them. */
  readonly serverFile: string;
}

/** @param alternativeNames the hosts that it vouches for, as openssl's subjectAltName */
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

/** Key and certificate of 127.0.0.1, expired a day ago, as a server takes them. */
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
