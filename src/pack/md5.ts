/** Chooses the MD5 for aggregated records: Node's, or a package's where a system policy forbids Node's. */
import type { Md5 } from "./aggregated_record.js";

/** A hash in progress, with the methods of Node's `Hash`. */
export interface Hash {
  /** Adds bytes. */
  update(bytes: Uint8Array): {
    /** Returns the hash. */
    digest(): Uint8Array;
  };
}

/** Node's createHash. */
export type CreateHash = (algorithm: string) => Hash;

/** An MD5 that is loaded at its first use: loading Node's module takes as long as a large part of an init. */
export interface LateMd5 {
  /** Loads the MD5; resolves when `md5` may be called. */
  readonly ready: () => Promise<void>;
  readonly md5: Md5;
}

/**
 * Returns OpenSSL's MD5, or the package's where OpenSSL refuses MD5.
 * @param loadPackage returns the MD5 to use when OpenSSL has none (only a FIPS provider, or a system policy)
 * @param onRefusal called once, with OpenSSL's reason
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
