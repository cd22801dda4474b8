/** Where the tools and the demonstration look for Fluent Bit. */
import path from "node:path";
import { expect, it } from "vitest";
import { findFluentBit } from "../../../scripts/fluent_bit_program.js";

const packaged = "/opt/fluent-bit/bin/fluent-bit";
const onPath = path.join("/usr/local/bin", "fluent-bit");
const PATH = ["/usr/local/bin", "", "/usr/bin"].join(path.delimiter);

it.each([
  ["the one that FLUENT_BIT names", { FLUENT_BIT: "/build/fluent-bit", PATH }, ["/build/fluent-bit", onPath, packaged], "/build/fluent-bit"],
  ["the one on PATH before that of the packages", { PATH }, [onPath, packaged], onPath],
  ["the one on PATH where FLUENT_BIT names none", { FLUENT_BIT: "/gone", PATH }, [onPath], onPath],
  ["that of Fluent Bit's packages, which is not on PATH", { PATH }, [packaged], packaged],
  ["that of Fluent Bit's packages without a PATH", {}, [packaged], packaged],
  ["none in the working folder, which a PATH with an empty part would mean", { PATH: "" }, ["fluent-bit"], undefined],
])("takes %s", (_what, environment, files, found) => {
  expect(findFluentBit(environment, (file) => files.includes(file))).toBe(found);
});
