/** Partition keys as keys of maps. */

/**
 * The key with a letter before it: V8 hashes texts that are whole numbers by the number, so that records could be made
 * of which all keys collide (see record/repeated_keys.ts); all other texts it hashes with a secret.
 */
export function mapKey(partitionKey: string): string {
  return `k${partitionKey}`;
}
