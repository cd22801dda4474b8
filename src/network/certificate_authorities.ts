/** AWS_CA_BUNDLE: a file of certificate authorities that takes the place of those that Node trusts. */
import { createHash, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import { FileFault, maxFileBytes, readBoundedFile } from "./bounded_file.js";
import { ConfigurationError } from "../configuration_error.js";

/** The authorities to trust. */
export interface Trust {
  readonly context: SecureContext;
  /** Of the certificates: the file may have changed when the next output reads it. */
  readonly fingerprint: string;
}

/**
 * One context for all connections: making it parses every certificate. As with Go, what cannot be read in the file is
 * skipped as long as one certificate is left.
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
