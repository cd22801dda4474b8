// TimeEntry: msgpack that an independent decoder reads, for texts of any length.
import { decode } from "@msgpack/msgpack";
import { describe, expect, it } from "vitest";
import { inputOf } from "../../../../src/chunk/msgpack.js";
import { TimeEntry } from "../../../../src/record/time_key/entry.js";
import type { TimeFormat } from "../../../../src/record/time_key/format.js";

/** Returns an entry whose format returns these texts one after another. */
function entryOf(key: string, ...texts: string[]): TimeEntry {
  return new TimeEntry(inputOf(Buffer.from(key)), { format: () => texts.shift() ?? "" } as unknown as TimeFormat);
}

function read({ input, keyStart, key, value }: TimeEntry): { readonly key: unknown; readonly text: unknown; readonly name: string } {
  const { bytes } = input;
  const textBytes = input.view.getUint32(value + 1);
  return {
    key: decode(bytes.subarray(0, value)),
    text: decode(bytes.subarray(value, value + 5 + textBytes)),
    name: Buffer.from(bytes.subarray(keyStart, keyStart + key.end)).toString(),
  };
}

describe("the entry of time_key", () => {
  it.each([0, 1, 63, 64, 65, 1000])("holds a text of %i characters", (length) => {
    const entry = entryOf("time", "x".repeat(length));
    entry.set(0, 0);
    expect(read(entry)).toEqual({ key: "time", text: "x".repeat(length), name: "time" });
  });

  it("holds only the latest text, shorter or longer than the previous one", () => {
    const texts = ["2026-01-02", "1", "x".repeat(200), "", "Größe", "ü".repeat(300), "2026"];
    const entry = entryOf("zeit größe", ...texts);
    for (const text of texts) {
      entry.set(0, 0);
      expect(read(entry)).toEqual({ key: "zeit größe", text, name: "zeit größe" });
    }
  });
});
