/** Reads AWS_CA_BUNDLE, a file of certificate authorities that replace those of Node. */
import { createHash, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import { FileFault, maxFileBytes, readBoundedFile } from "./bounded_file.js";
import { ConfigurationError } from "../configuration_error.js";

/** The trusted authorities. */
export interface Trust {
  readonly context: SecureContext;
  /** Hash of the certificates: the file may change before the next output reads it. */
  readonly fingerprint: string;
}

/**
 * Returns one context for all connections, since creating a context parses every certificate. As in Go, malformed certificates are
 * skipped if at least one valid certificate is left.
 * @param file path of a file with certificates in PEM
 * @throws ConfigurationError when the file cannot be read or holds no certificate
 */
export async function trustOnly(file: string): Promise<Trust> {
  const text = await readText(file);
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  const certificates = blocks.filter(isCertificate);
  if (certificates.length === 0) {
    throw new ConfigurationError(
      `'AWS_CA_BUNDLE' names ${file}, which holds no certificate; it must be a file with certificates in PEM (-----BEGIN CERTIFICATE-----)`,
    );
  }
  const fingerprint = createHash("sha256").update(certificates.join("\n")).digest("hex");
  return { context: createSecureContext({ ca: certificates }), fingerprint };
}

async function readText(file: string): Promise<string> {
  try {
    return (await readBoundedFile(file, maxFileBytes)).toString("latin1");
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    throw new ConfigurationError(`'AWS_CA_BUNDLE' names ${file}, which ${error.message}`);
  }
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).raw.length > 0;
  } catch {
    return false;
  }
}
