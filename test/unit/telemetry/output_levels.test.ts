// The level of messages that belong to no output, which follows the open outputs.
import { describe, expect, it } from "vitest";
import { hostLevels } from "../../../src/telemetry/log.js";
import { OutputLevels } from "../../../src/telemetry/output_levels.js";

describe("the level of messages that belong to no output", () => {
  it("is info while there is no output", () => {
    expect(new OutputLevels().highest).toBe(hostLevels.info);
  });

  it.each([
    [[0], 0],
    [[1, 0], 1],
    [[0, 1], 1],
    [[3, 0, 4, 1], 4],
  ])("with outputs of the levels %j is %i", (levels, highest) => {
    const outputs = new OutputLevels();
    levels.forEach((level, number) => outputs.open(number, level));
    expect(outputs.highest).toBe(highest);
  });

  it("ignores an output that has ended", () => {
    const outputs = new OutputLevels();
    outputs.open(0, 4);
    outputs.open(1, 1);
    outputs.close(0);
    expect(outputs.highest).toBe(1);
    outputs.close(1);
    expect(outputs.highest).toBe(hostLevels.info);
  });

  it("follows the new level of an output that is opened again under its number", () => {
    const outputs = new OutputLevels();
    outputs.open(0, 4);
    outputs.open(0, 0);
    expect(outputs.highest).toBe(0);
  });
});
