/** The shared files of AWS: within bounds, for the SDK's clients too, and what to say of one that is not read. */
import { join } from "node:path";
import { externalDataInterceptor, getHomeDir } from "@smithy/core/config";
import { FileFault, maxFileBytes, readBoundedFile } from "../network/bounded_file.js";

/** Files that are being read: the SDK asks for one a dozen times while it makes a client. */
const underWay = new Map<string, Promise<string>>();

/** Reads the file anew, but for those that ask at the same time. */
function read(path: string): Promise<string> {
  let reading = underWay.get(path);
  if (reading === undefined) {
    reading = readBoundedFile(path, maxFileBytes).then((bytes) => bytes.toString());
    underWay.set(path, reading);
    const over = () => void underWay.delete(path);
    reading.then(over, over);
  }
  return reading;
}

/**
 * From now on the SDK's clients get each file that they ask for from here. They look for its text in a record before they open the
 * file, and take one whose promise is rejected for empty. Does the same again when called twice.
 */
export function boundSharedFiles(): void {
  const files = new Proxy({}, { get: (_, path) => (typeof path === "string" ? read(path) : undefined) });
  Object.setPrototypeOf(externalDataInterceptor.getFileRecord(), files);
}

/** A shared file that is not read. */
export interface SharedFileFault {
  /** Names the file, and the variable if one leads to it. */
  readonly text: string;
  /** Whether it is plainly missing. */
  readonly isMissing: boolean;
}

/** Looks at both files, and returns what keeps them from being read. A missing one counts only where a variable names it. */
export async function sharedFileFaults(environment: Readonly<Record<string, string | undefined>>): Promise<readonly SharedFileFault[]> {
  const files = [["AWS_CONFIG_FILE", "config"], ["AWS_SHARED_CREDENTIALS_FILE", "credentials"]] as const;
  const faults = await Promise.all(files.map(([variable, name]) => faultOf(variable, environment[variable] ?? "", name)));
  return faults.filter((fault) => fault !== undefined);
}

/** Returns the path of a shared file. @param value of the variable that may name another */
export function sharedFilePath(value: string | undefined, name: "config" | "credentials"): string {
  const home = getHomeDir();
  if (value === undefined || value === "") return join(home, ".aws", name);
  return value.startsWith("~/") ? join(home, value.slice(2)) : value;
}

async function faultOf(variable: string, value: string, name: "config" | "credentials"): Promise<SharedFileFault | undefined> {
  const path = sharedFilePath(value, name);
  try {
    await read(path);
    return undefined;
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    // A home that is missing or somebody else's is no fault, as long as nothing names the file.
    if (value === "" && error.code !== undefined) return undefined;
    const text = value === "" ? `the shared file ${path} ${error.message}` : `${variable} names ${path}, which ${error.message}`;
    return { text, isMissing: error.code === "ENOENT" };
  }
}
