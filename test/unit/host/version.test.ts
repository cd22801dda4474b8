// The plugin's version, as in the user agent.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { version } from "../../../src/host/version.js";

it("the plugin's version is that of package.json", () => {
  const file = new URL("../../../package.json", import.meta.url);
  expect(JSON.parse(readFileSync(file, "utf8"))).toHaveProperty("version", version);
});
