/** Tests that the script prints the trees of other Debians, and that a failed tree is skipped and leaves no incomplete folder. */
import { existsSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ToolScript } from "../../support/tool_script.js";

let script: ToolScript;
beforeEach(() => {
  script = new ToolScript("matrix_trees.sh", "matrix", ["rm", "tail"]);
  script.provide("uname", "case $1 in -s) echo Linux ;; -m) echo x86_64 ;; esac");
  script.provide("id", "echo 0");
  script.provide("unshare", "true");
  // debootstrap --variant=… --include=… SUITE FOLDER
  script.provide("debootstrap", 'echo "I: $3"; case $3 in sid) mkdir "$4/half"; exit 1 ;; esac; echo tree >"$4/etc"');
});
afterEach(() => script.remove());

describe("the trees of other Debians", () => {
  it("are made and printed, and the line is kept", () => {
    const { status, stdout, kept } = script.run({ MATRIX: "bookworm trixie" });
    expect(status).toBe(0);
    expect(stdout).toBe(`export KINESIS_TEST_MATRIX='${script.placeOf("bookworm")}:${script.placeOf("trixie")}'\n`);
    expect(kept).toBe(stdout);
    expect(existsSync(path.join(script.placeOf("trixie"), "etc"))).toBe(true);
  });

  it("are not made again", () => {
    script.run({ MATRIX: "bookworm trixie" });
    script.provide("debootstrap", "exit 1");
    expect(script.run({ MATRIX: "bookworm trixie" }).stdout).toContain(script.placeOf("trixie"));
  });

  it("are printed without a failed one, whose incomplete folder is not used the next time", () => {
    for (let times = 0; times < 2; times++) {
      const { stdout, stderr } = script.run({ MATRIX: "bookworm sid" });
      expect(stdout).toBe(`export KINESIS_TEST_MATRIX='${script.placeOf("bookworm")}'\n`);
      expect(stderr).toContain("debootstrap sid failed: I: sid");
    }
  });

  it("are skipped when none can be made", () => {
    expect(script.run({ MATRIX: "sid" })).toMatchObject({ status: 0, stdout: "export KINESIS_TEST_MATRIX_SKIPPED='debootstrap failed; its output is in build/matrix'\n" });
  });

  it.each([
    ["without root", "id", "echo 1000", /only root/],
    ["without mount namespaces", "unshare", "exit 1", /unshare --mount/],
    ["on another kind of machine", "uname", "echo Linux", /x86-64/],
  ])("are skipped %s", (_, program, does, reason) => {
    script.provide(program, does);
    const { status, stdout } = script.run({ MATRIX: "bookworm trixie" });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^export KINESIS_TEST_MATRIX_SKIPPED='/);
    expect(stdout).toMatch(reason);
  });
});
