/** Tests a user record as a line: as text, in colours, as JSON; no record can control the terminal. */
import { describe, expect, it } from "vitest";
import { jsonLine, textLine } from "../../../../scripts/tail/lines.js";
import { wantsColours } from "../../../../scripts/command_line.js";
import type { UserRecord } from "../../../../scripts/tail/user_records.js";

const plain: UserRecord = {
  shardId: "shardId-000000000000",
  sequenceNumber: "49",
  subSequenceNumber: undefined,
  time: new Date("2026-01-31T09:30:00.123Z"),
  partitionKey: "key",
  explicitHashKey: undefined,
  data: Buffer.from('{"log":"ümläut 🎉"}'),
};
const inAggregate: UserRecord = { ...plain, subSequenceNumber: 3, explicitHashKey: "123" };
const withData = (data: string | Uint8Array): UserRecord => ({ ...plain, data: Buffer.from(data) });
const start = "2026-01-31T09:30:00.123Z shardId-000000000000 key key: ";
const shown = (data: string | Uint8Array): string => textLine(withData(data), false).slice(start.length);

describe("a line of text", () => {
  it("has time, shard, partition key and data", () => {
    expect(textLine(plain, false)).toBe(`${start}{"log":"ümläut 🎉"}`);
  });

  it("has the explicit hash key if there is one, and a dash for an unknown time", () => {
    expect(textLine({ ...inAggregate, time: undefined }, false)).toBe(
      '- shardId-000000000000 key key hash key 123: {"log":"ümläut 🎉"}',
    );
  });

  it("is the same in colours, except for the colour codes", () => {
    const coloured = textLine(inAggregate, true);
    expect(coloured).toContain("\u001b[36mshardId-000000000000\u001b[0m");
    // eslint-disable-next-line no-control-regex -- the colours
    expect(coloured.replace(/\u001b\[\d+m/gu, "")).toBe(textLine(inAggregate, false));
  });

  it.each([
    ["\u001b]0;title\u0007", "\\x1b]0;title\\x07"],
    ["\u009b2J\u007f\u0000", "\\x9b2J\\x7f\\x00"],
    ["a\r\nb\tc", "a\\r\\nb\tc"],
    ["last\n", "last"],
    ["last\n\n", "last\\n"],
    ["\u202eright\u2066\u2028", "\\u202eright\\u2066\\u2028"],
    ["\ufeffmark", "\ufeffmark"],
  ])("shows %j with its control characters escaped", (data, expected) => {
    expect(shown(data)).toBe(expected);
  });

  it("shows bytes that are not UTF-8 one by one", () => {
    expect(shown(Buffer.from([0x61, 0x1b, 0xff, 0xc3, 0x62]))).toBe("a\\x1b\\xff\\xc3b");
  });

  it.each([65_533, 65_534, 65_535, 65_536, 65_537])("shows all of a text whose character %i is a surrogate pair", (place) => {
    const text = `${"x".repeat(place)}🎉\u0000`;
    expect(shown(text)).toBe(`${"x".repeat(place)}🎉\\x00`);
    expect(shown(Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0x7a])]))).toBe(`${"x".repeat(place)}\\xf0\\x9f\\x8e\\x89\\x00\\xffz`);
    expect(JSON.parse(jsonLine(withData(text)))).toMatchObject({ data: text });
  });

  it("escapes control characters in a key", () => {
    expect(textLine({ ...inAggregate, partitionKey: "\u001b[2J", explicitHashKey: "\n" }, false)).toContain(
      "key \\x1b[2J hash key \\n: ",
    );
  });
});

describe("a line of JSON", () => {
  it("has all members of the record, in this order", () => {
    expect(jsonLine(inAggregate)).toBe(
      '{"shard":"shardId-000000000000","sequenceNumber":"49","subSequenceNumber":3,"time":"2026-01-31T09:30:00.123Z",' +
        '"partitionKey":"key","explicitHashKey":"123","data":"{\\"log\\":\\"ümläut 🎉\\"}"}',
    );
  });

  it("omits members that the record does not have", () => {
    expect(Object.keys(JSON.parse(jsonLine({ ...plain, time: undefined })) as object)).toEqual([
      "shard", "sequenceNumber", "partitionKey", "data",
    ]);
  });

  it("has bytes that are not UTF-8 as base64", () => {
    const bytes = Buffer.from([0xff, 0x00]);
    expect(JSON.parse(jsonLine(withData(bytes)))).toMatchObject({ dataBase64: "/wA=" });
    expect(jsonLine(withData(bytes))).not.toContain('"data"');
  });

  it("keeps text exactly, on one line and without raw control characters", () => {
    const text = "\ufeff\u001b[2J\u0085\u009b\u202e\u2028\u007f \\u001b\n\t\"🎉";
    const line = jsonLine({ ...withData(text), partitionKey: text });
    expect(JSON.parse(line)).toMatchObject({ data: text, partitionKey: text });
    expect(line).not.toMatch(/[\p{Cc}\u202e\u2028]/u);
  });
});

describe("colours", () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "" }, true, true],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "" }, false, true],
    [{ FORCE_COLOR: "0" }, true, false],
    [{ FORCE_COLOR: "1", NO_COLOR: "1" }, false, true],
    [{ TERM: "dumb" }, true, false],
  ])("with %j and a terminal: %j are %j", (environment, isTerminal, expected) => {
    expect(wantsColours(environment, isTerminal)).toBe(expected);
  });
});
