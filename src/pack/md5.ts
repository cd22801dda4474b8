/** MD5, which the format of aggregated records asks for: Node's, or a package's where a policy refuses it. */
import type { Md5 } from "./aggregated_record.js";

/** A hash that is being computed, as Node has it. */
export interface Hash {
  /** Takes bytes. */
  update(bytes: Uint8Array): {
    /** Ends the computation. */
    digest(): Uint8Array;
  };
}

/** Node's createHash. */
export type CreateHash = (algorithm: string) => Hash;

/** An MD5 that is chosen when it is first needed: Node's module takes as long to load as much of an init. */
export interface LateMd5 {
  /** Resolves when `md5` may be called. */
  readonly ready: () => Promise<void>;
  readonly md5: Md5;
}

/**
 * An MD5 that is OpenSSL's, or else the package's.
 * @param loadPackage returns the MD5 to use where OpenSSL has no MD5 (a FIPS provider alone, a policy of the system)
 * @param onRefusal is told once, with OpenSSL's reason
 */
export function lateMd5(createHash: CreateHash, loadPackage: () => Promise<Md5>, onRefusal: (reason: string) => void): LateMd5 {
  let chosen: Md5 | undefined;
  let choosing: Promise<void> | undefined;
  const choose = async () => {
    try {
      createHash("md5");
      chosen = (bytes) => createHash("md5").update(bytes).digest();
    } catch (error) {
      chosen = await loadPackage();
      onRefusal(error instanceof Error ? error.message : String(error));
    }
  };
  return {
    ready: () =>
      (choosing ??= choose().catch((error: unknown) => {
        choosing = undefined;
        throw error;
      })),
    md5: (bytes) => {
      if (chosen === undefined) throw new Error("MD5 was used before it was chosen");
      return chosen(bytes);
    },
  };
}
