// Keys of maps: no two partition keys become one, and none becomes a whole number.
import fc from "fast-check";
import { expect, test } from "vitest";
import { mapKey } from "../../../src/pack/map_key.js";

const key = fc.oneof(fc.string(), fc.stringMatching(/^k{0,3}[0-9]{0,3}$/u));

test("no two partition keys share a key", () => {
  fc.assert(
    fc.property(key, key, (one, other) => {
      expect(mapKey(one) === mapKey(other)).toBe(one === other);
    }),
  );
});

test("none is a whole number, by which V8 would place it", () => {
  fc.assert(
    fc.property(key, (one) => {
      expect(mapKey(one)).not.toMatch(/^\d/u);
    }),
  );
  for (const number of ["0", "7", "4294967294", "k1"]) expect(mapKey(number)).toBe(`k${number}`);
});
