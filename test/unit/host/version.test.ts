// The version that the user agent tells is the package's.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { version } from "../../../src/host/version.js";

it("is that of package.json", () => {
  const file = new URL("../../../package.json", import.meta.url);
  expect(JSON.parse(readFileSync(file, "utf8"))).toHaveProperty("version", version);
});
