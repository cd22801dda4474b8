/** The examples of this repository have no errors, whatever variables of theirs are set here. */
import { afterAll, describe, expect, it } from "vitest";
import { ConfigurationFolder } from "../../../support/checked_configuration.js";
import { configurations } from "../../../support/example_files.js";

const files = new ConfigurationFolder();
afterAll(() => files.remove());

describe("the check", () => {
  it.each(configurations().map(({ name, text }) => [name, text] as const))("finds no error in %s", async (name, text) => {
    const isYaml = name.endsWith(".yaml") && !name.startsWith("kubernetes/");
    const findings = await files.findings(isYaml ? "example.yaml" : "example.conf", text);
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  });
});
