// Tests that safe keys stay distinct, and that none is numeric.
import fc from "fast-check";
import { expect, test } from "vitest";
import { collisionSafeKey } from "../../../src/pack/collision_safe_key.js";

const key = fc.oneof(fc.string(), fc.stringMatching(/^k{0,3}[0-9]{0,3}$/u));

test("different partition keys have different collision-safe keys", () => {
  fc.assert(
    fc.property(key, key, (one, other) => {
      expect(collisionSafeKey(one) === collisionSafeKey(other)).toBe(one === other);
    }),
  );
});

test("a collision-safe key never begins with a digit, so V8 does not hash it as a number", () => {
  fc.assert(
    fc.property(key, (one) => {
      expect(collisionSafeKey(one)).not.toMatch(/^\d/u);
    }),
  );
  for (const number of ["0", "7", "4294967294", "k1"]) expect(collisionSafeKey(number)).toBe(`k${number}`);
});
