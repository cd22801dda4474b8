/** Reads token files. */
import { FileFault, maxTokenBytes, readBoundedFile } from "../network/bounded_file.js";
import { CredentialsProviderError } from "./renewing_credentials.js";

/**
 * Returns the token in a file, without blanks around it.
 * @param name variable or setting with the path, such as AWS_WEB_IDENTITY_TOKEN_FILE
 * @throws CredentialsProviderError with the name and the path
 */
export async function readTokenFile(name: string, path: string): Promise<string> {
  try {
    const token = (await readBoundedFile(path, maxTokenBytes)).toString().trim();
    if (token !== "") return token;
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    throw new CredentialsProviderError(`${name} names ${path}, which ${error.message}`);
  }
  throw new CredentialsProviderError(`${name} names ${path}, which is empty`);
}
