/** Tests where the tools and the demonstration find Fluent Bit. */
import path from "node:path";
import { expect, it } from "vitest";
import { findFluentBit } from "../../../scripts/fluent_bit_program.js";

const packaged = "/opt/fluent-bit/bin/fluent-bit";
const onPath = path.join("/usr/local/bin", "fluent-bit");
const PATH = ["/usr/local/bin", "", "/usr/bin"].join(path.delimiter);

it.each([
  ["the program that FLUENT_BIT names", { FLUENT_BIT: "/build/fluent-bit", PATH }, ["/build/fluent-bit", onPath, packaged], "/build/fluent-bit"],
  ["the program on PATH before the packages' program", { PATH }, [onPath, packaged], onPath],
  ["the program on PATH if FLUENT_BIT names a missing file", { FLUENT_BIT: "/gone", PATH }, [onPath], onPath],
  ["the program of Fluent Bit's packages, which is not on PATH", { PATH }, [packaged], packaged],
  ["the program of Fluent Bit's packages without a PATH", {}, [packaged], packaged],
  ["no program in the working folder for an empty part of PATH", { PATH: "" }, ["fluent-bit"], undefined],
])("findFluentBit returns %s", (_what, environment, files, found) => {
  expect(findFluentBit(environment, (file) => files.includes(file))).toBe(found);
});
