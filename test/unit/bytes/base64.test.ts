// Base64 within a larger buffer: writes the right bytes and no others.
import { expect, it } from "vitest";
import { base64Bytes, bufferOf, putBase64 } from "../../../src/bytes/base64.js";

/** Source: RFC 4648, section 10. */
const vectors = [["", ""], ["f", "Zg=="], ["fo", "Zm8="], ["foo", "Zm9v"], ["foob", "Zm9vYg=="], ["fooba", "Zm9vYmE="], ["foobar", "Zm9vYmFy"]] as const;

it.each(vectors)("putBase64 writes %j as %j", (plain, text) => {
  expect(base64Bytes(plain.length)).toBe(text.length);
  const source = new TextEncoder().encode(`<${plain}>`).subarray(1);
  const target = new Uint8Array(4 + text.length).fill(0x2e).subarray(1);
  expect(putBase64(bufferOf(source), 0, plain.length, bufferOf(target), 2)).toBe(2 + text.length);
  expect(Buffer.from(target.buffer).toString("latin1")).toBe(`...${text}.`);
});
