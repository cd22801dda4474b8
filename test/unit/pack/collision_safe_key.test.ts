// Keys of maps: no two partition keys become one, and none becomes a whole number.
import fc from "fast-check";
import { expect, test } from "vitest";
import { collisionSafeKey } from "../../../src/pack/collision_safe_key.js";

const key = fc.oneof(fc.string(), fc.stringMatching(/^k{0,3}[0-9]{0,3}$/u));

test("no two partition keys share a key", () => {
  fc.assert(
    fc.property(key, key, (one, other) => {
      expect(collisionSafeKey(one) === collisionSafeKey(other)).toBe(one === other);
    }),
  );
});

test("none is a whole number, by which V8 would place it", () => {
  fc.assert(
    fc.property(key, (one) => {
      expect(collisionSafeKey(one)).not.toMatch(/^\d/u);
    }),
  );
  for (const number of ["0", "7", "4294967294", "k1"]) expect(collisionSafeKey(number)).toBe(`k${number}`);
});
