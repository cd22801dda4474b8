// Messages of any length and content become one line of limited length, cut between characters.
import { describe, expect, it } from "vitest";
import { cutTo, logText, maxTextBytes } from "../../../src/telemetry/log_text.js";
import { Secrets } from "../../../src/telemetry/secrets.js";
import { cpuMs } from "../../support/cpu_time.js";

const bytesOf = (text: string) => Buffer.byteLength(text);

describe("a message", () => {
  it.each([maxTextBytes - 1, maxTextBytes])("of %i bytes stays whole", (bytes) => {
    expect(logText("x".repeat(bytes))).toBe("x".repeat(bytes));
  });

  it("of one byte more is cut to 1 KiB, with a note", () => {
    const text = logText("x".repeat(maxTextBytes + 1));
    expect(text).toMatch(/^x+ \[cut: 1025 characters in all\]$/);
    expect(bytesOf(text)).toBe(maxTextBytes);
  });

  it("of megabytes is cut as quickly as a short one", () => {
    const message = " \n'\"".repeat(4_000_000);
    const startMs = cpuMs();
    for (let count = 0; count < 20; count++) expect(bytesOf(logText(message))).toBeLessThanOrEqual(maxTextBytes);
    expect(cpuMs() - startMs).toBeLessThan(2000);
    expect(logText(message)).toMatch(/ \[cut: 16000000 characters in all\]$/);
  });

  it.each(["é", "☃", "𝄞", "\u0085", "\u202e", "\n", '"', "\\"])("of many %j is never cut within a character", (character) => {
    for (let before = 0; before < 8; before++) {
      for (const isQuoted of [false, true]) {
        const text = logText("a".repeat(before) + character.repeat(2000), isQuoted);
        expect(bytesOf(text)).toBeLessThanOrEqual(maxTextBytes);
        const kept = text.slice(before, text.indexOf(" [cut:"));
        const one = logText(character, isQuoted);
        expect(kept.replaceAll(one, "")).toBe("");
        if (isQuoted) expect(JSON.parse(`"${text}"`)).toContain(character);
      }
    }
  });

  it("with lone surrogates has them escaped", () => {
    expect(logText("a\ud834b\udd1e")).toBe("a\\ud834b\\udd1e");
  });

  it("between quotation marks is a valid JSON string", () => {
    const message = 'a "b" \\ c\n\u0000\u007f\u2028☃𝄞';
    expect(JSON.parse(`"${logText(message, true)}"`)).toBe(message);
  });
});

describe("a secret in a message", () => {
  const hidden = new Secrets();
  hidden.keep("hunter2-hunter2");

  it("is hidden before the message is cut", () => {
    for (let before = 990; before < 1030; before++) {
      expect(logText("x".repeat(before) + "hunter2-hunter2".repeat(40), false, hidden)).not.toContain("hunter");
    }
  });

  it("is hidden at the first cut of a message of megabytes", () => {
    for (let before = 0; before < 16; before++) {
      expect(logText("x".repeat(before) + "hunter2-hunter2".repeat(100_000), false, hidden)).not.toContain("hunter");
    }
  });
});

describe("cutTo", () => {
  it("keeps the text that fits, and never half a character", () => {
    expect(["abc", "abcd", "abcde"].map((text) => cutTo(4, text))).toEqual(["abc", "abcd", "abc…"]);
    expect(cutTo(4, "ab𝄞de")).toBe("ab…");
  });
});
