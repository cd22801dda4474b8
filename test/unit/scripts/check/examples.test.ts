/** The check finds nothing to say of any configuration among the examples, as their texts say to check them. */
import path from "node:path";
import { describe, expect, it } from "vitest";
import { check } from "../../../../scripts/check/check.js";
import { readEnvironmentFile } from "../../../../scripts/check/environment_file.js";
import { EXAMPLES, exampleText } from "../../../support/example_files.js";

const files: readonly (readonly [file: string, environmentFile: string | undefined])[] = [
  ["fluent-bit.conf", undefined],
  ["fluent-bit.yaml", undefined],
  ["fluent-bit-aggregation.conf", undefined],
  ["fluent-bit-aggregation.yaml", undefined],
  ["fluent-bit-windows.conf", undefined],
  ["docker-compose/fluent-bit.conf", "docker-compose/.env"],
  ["ecs-firelens/task-definition.json", undefined],
  ["kubernetes/fluent-bit.yaml", undefined],
  ["kubernetes/helm-values.yaml", undefined],
  ["systemd/fluent-bit.conf", "systemd/environment"],
];

describe("the check", () => {
  it.each(files)("says nothing of %s", async (file, environmentFile) => {
    const environment = environmentFile === undefined ? {} : readEnvironmentFile(path.join(EXAMPLES, environmentFile));
    const { findings, outputs } = await check(path.join(EXAMPLES, file), environment);
    expect(findings).toEqual([]);
    expect(outputs).toHaveLength(1);
    expect(outputs[0]?.options.isGood).toBe(true);
  });

  it.each(files.filter(([file]) => file.includes("/")))("of %s is in the text of that example", (file, environmentFile) => {
    const readme = exampleText(`${path.dirname(file)}/README.md`);
    expect(readme).toContain(`npm run check -- examples/${file}${environmentFile === undefined ? "" : ` --variables examples/${environmentFile}`}`);
  });
});
