/** Tests that lines of dead letters are read, and that invalid lines are reported. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lettersOf, type Letter } from "../../../../scripts/resend/letters.js";

let folder = "";
beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), "letters-"))));
afterAll(() => rmSync(folder, { recursive: true }));

async function read(text: string): Promise<Letter[]> {
  const file = path.join(folder, "file");
  writeFileSync(file, text);
  const letters: Letter[] = [];
  for await (const letter of lettersOf(file)) letters.push(letter);
  return letters;
}

const good = { stream: "s", form: "record", data: Buffer.from("one").toString("base64") };
const line = (changes: object) => `${JSON.stringify({ ...good, ...changes })}\n`;

describe("dead letters", () => {
  it("have partition keys and line numbers, in which empty lines count", async () => {
    const text = `${line({ partitionKey: "k" })}\n${line({ tag: "more" })}`;
    expect(await read(text)).toEqual([
      { kind: "record", line: 1, text: line({ partitionKey: "k" }).trim(), stream: "s", partitionKey: "k", data: Buffer.from("one") },
      { kind: "record", line: 3, text: line({ tag: "more" }).trim(), stream: "s", partitionKey: undefined, data: Buffer.from("one") },
    ]);
  });

  it("are read whole across the boundaries of read buffers", async () => {
    const data = Buffer.alloc(200_000, "a").toString("base64");
    const letters = await read(line({ data }) + line({ data }));
    expect(letters.map((letter) => (letter.kind === "record" ? letter.data.length : letter))).toEqual([200_000, 200_000]);
  });

  it("of events need no stream", async () => {
    expect(await read(line({ form: "msgpack", stream: 1 }))).toMatchObject([{ kind: "event", line: 1 }]);
  });

  it.each([
    ["invalid JSON", "{broken\n", "it is not a JSON object"],
    ["a list", "[]\n", "it is not a JSON object"],
    ["null", "null\n", "it is not a JSON object"],
    ["another form", line({ form: "xml" }), 'its form is neither "record" nor "msgpack"'],
    ["no data", line({ data: undefined }), "its data is not base64"],
    ["other letters in data", line({ data: "ab!=" }), "its data is not base64"],
    ["data that is cut", line({ data: "abcde" }), "its data is not base64"],
    ["no stream", line({ stream: undefined }), "its stream is not a stream's name or ARN"],
    ["an odd stream", line({ stream: "a b" }), "its stream is not a stream's name or ARN"],
    ["an empty key", line({ partitionKey: "" }), "its partitionKey is not a string of 1 to 256 characters"],
    ["a number as key", line({ partitionKey: 1 }), "its partitionKey is not a string of 1 to 256 characters"],
    ["a key of 257", line({ partitionKey: "x".repeat(257) }), "its partitionKey is not a string of 1 to 256 characters"],
    ["too much data", line({ data: Buffer.alloc(10 * 1024 * 1024 + 1).toString("base64") }), "its data has more than 10485760 bytes"],
    ["no newline at the end", line({}).trimEnd(), "it is cut off"],
    ["too many bytes", `${"x".repeat(16 * 1024 * 1024 + 1)}\n`, "it has more than 16777216 bytes"],
  ])("with %s are reported with their number", async (_, text, why) => {
    expect(await read(line({}) + text)).toEqual([expect.objectContaining({ kind: "record" }), { kind: "bad", line: 2, why }]);
  });

  it.each(["😀".repeat(256), "x".repeat(256), "x"])("may have a partition key of up to 256 characters", async (partitionKey) => {
    expect(await read(line({ partitionKey }))).toMatchObject([{ kind: "record", partitionKey }]);
  });
});
