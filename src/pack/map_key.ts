/** Partition keys as keys of maps. */

const digitZero = 0x30;
const digitNine = 0x39;
const prefix = "k";

/**
 * Returns the key with a letter before it where it may be a whole number: V8 hashes such texts by the number, so that
 * records could be made of which all keys collide (see record/repeated_keys.ts); all other texts it hashes with a secret.
 * A key that begins with that letter gets it too, so that no two keys become the same.
 */
export function mapKey(partitionKey: string): string {
  const first = partitionKey.charCodeAt(0);
  return (first >= digitZero && first <= digitNine) || partitionKey.startsWith(prefix) ? `${prefix}${partitionKey}` : partitionKey;
}
