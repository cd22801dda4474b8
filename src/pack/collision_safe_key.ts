/** Prefixes partition keys so that, as keys of a Map, they cannot be made to collide. */

const digitZero = 0x30;
const digitNine = 0x39;
const prefix = "k";

/**
 * Returns the partition key, prefixed with a letter if it begins with a digit. V8 hashes numeric strings by their number, so an attacker
 * could write records whose keys all collide (see record/repeated_keys.ts); V8 hashes all other strings with a secret seed. A key that
 * begins with the prefix gets it too, so that different partition keys stay different.
 */
export function collisionSafeKey(partitionKey: string): string {
  const first = partitionKey.charCodeAt(0);
  return (first >= digitZero && first <= digitNine) || partitionKey.startsWith(prefix) ? `${prefix}${partitionKey}` : partitionKey;
}
