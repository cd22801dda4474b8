/** Tests that variables are replaced as in Fluent Bit's flb_env_var_translate. */
import { hostname } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resolve, variableReader } from "../../../../scripts/check/variables.js";
import { ConfigurationFolder } from "../../../support/checked_configuration.js";

let files: ConfigurationFolder;
beforeEach(() => (files = new ConfigurationFolder()));
afterEach(() => files.remove());

const read = variableReader(new Map([["A", "own"], ["E", ""]]), { A: "environment", B: "b", EMPTY: "" });

describe("a variable", () => {
  it.each([
    ["${A}", "own", []],
    ["x-${B}-${A}-y", "x-b-own-y", []],
    ["${EMPTY}", "", ["EMPTY"]],
    ["${NONE}x", "x", ["NONE"]],
    ["${NONE:-default}x", "defaultx", []],
    ["${E:-default}", "default", []],
    ["${NONE:-}x", "x", []],
    ["${B:-default}", "b", []],
    ["no variable", "no variable", []],
    ["$A ${", "$A ${", []],
    ["${}", "${}", []],
    ["}${A}", "}${A}", []],
    ["${B} ${A", "b", []],
  ])("in %s is replaced to '%s'", (raw, value, unset) => {
    expect(resolve(raw, read)).toEqual({ value, unset });
  });

  it("may be as long as Fluent Bit's buffer, but not longer", () => {
    const raw = (length: number) => `\${${"N".repeat(length)}}`;
    expect(resolve(raw(4095), read).unset).toHaveLength(1);
    expect(resolve(raw(4096), read)).toEqual({ value: raw(4096), unset: [] });
  });

  it("may be the content of a file, or the machine's name", () => {
    const file = files.write("stream", "logs\n");
    expect(variableReader(new Map([["S", `file://${file}`]]), {})("S")).toBe("logs");
    expect(variableReader(new Map([["S", `file://${file}.none`]]), {})("S")).toBeUndefined();
    expect(variableReader(new Map([["S", `file://${files.write("empty", "\n")}`]]), {})("S")).toBeUndefined();
    expect(variableReader(new Map(), {})("HOSTNAME")).toBe(hostname());
  });
});
