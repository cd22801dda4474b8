/** Reads the shared files of AWS within a size limit, also for the SDK's clients, and reports unreadable ones. */
import { join } from "node:path";
import { externalDataInterceptor, getHomeDir } from "@smithy/core/config";
import { FileFault, maxFileBytes, readBoundedFile } from "../network/bounded_file.js";

/** Reads in progress, by path: the SDK requests a file a dozen times while it creates a client. */
const underWay = new Map<string, Promise<string>>();

/** Reads the file, once for all concurrent callers. */
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
 * Makes the SDK's clients read files through this module. They look up a file's text in a record before they open the file,
 * and treat a rejected promise as an empty file. May be called repeatedly.
 */
export function boundSharedFiles(): void {
  const files = new Proxy({}, { get: (_, path) => (typeof path === "string" ? read(path) : undefined) });
  Object.setPrototypeOf(externalDataInterceptor.getFileRecord(), files);
}

/** An unreadable shared file. */
export interface SharedFileFault {
  /** Reason, with the file's path, and the variable that names the file, if any. */
  readonly text: string;
  /** Whether the file does not exist. */
  readonly isMissing: boolean;
}

/** Returns the faults of both files. A missing file counts only when a variable names it. */
export async function sharedFileFaults(environment: Readonly<Record<string, string | undefined>>): Promise<readonly SharedFileFault[]> {
  const files = [["AWS_CONFIG_FILE", "config"], ["AWS_SHARED_CREDENTIALS_FILE", "credentials"]] as const;
  const faults = await Promise.all(files.map(([variable, name]) => faultOf(variable, environment[variable] ?? "", name)));
  return faults.filter((fault) => fault !== undefined);
}

/** Returns the path of a shared file. @param value the variable that may name another path */
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
    // A missing or inaccessible home folder is not a fault unless a variable names the file.
    if (value === "" && error.code !== undefined) return undefined;
    const text = value === "" ? `the shared file ${path} ${error.message}` : `${variable} names ${path}, which ${error.message}`;
    return { text, isMissing: error.code === "ENOENT" };
  }
}
