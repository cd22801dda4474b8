/** Tests that missing tools for the arm64 tests are not a failure, and are reported in one line. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ToolScript } from "../../support/tool_script.js";

let script: ToolScript;
beforeEach(() => {
  script = new ToolScript("arm64_tree.sh", "arm64");
  script.provide("id", "echo 0");
});
afterEach(() => script.remove());

describe("the tree for arm64", () => {
  it("is skipped without root", () => {
    script.provide("id", "echo 1000");
    const { status, stdout, kept } = script.run();
    expect(status).toBe(0);
    expect(stdout).toMatch(/^export KINESIS_TEST_ARM64_SKIPPED='only root .*'\n$/);
    expect(kept).toBe(stdout);
  });

  it.each([
    ["where there is no apt-get", undefined, /can.*t be installed: debootstrap g\+\+-aarch64-linux-gnu qemu-user-static/],
    ["where apt-get fails", "exit 1", /can.*t be installed/],
    ["where apt-get does not help", "true", /still missing/],
  ])("is skipped, naming the packages, %s", (_, aptGet, reason) => {
    if (aptGet !== undefined) script.provide("apt-get", aptGet);
    const { status, stdout } = script.run();
    expect(status).toBe(0);
    expect(stdout).toMatch(/^export KINESIS_TEST_ARM64_SKIPPED='/);
    expect(stdout).toMatch(reason);
  });
});
