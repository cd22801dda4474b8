/** Without the tools for Windows, the script gives the reason in one line and does not fail. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ToolScript } from "../../support/tool_script.js";

let script: ToolScript;
beforeEach(() => {
  script = new ToolScript("windows_tools.sh", "windows");
  script.provide("uname", 'case $1 in -s) echo Linux ;; -m) echo x86_64 ;; esac');
});
afterEach(() => script.remove());

describe("the tools for Windows", () => {
  it("are asked of root, by their names, when they are missing", () => {
    script.provide("id", "echo 1000");
    script.provide("apt-get", "exit 1");
    const { status, stdout, kept } = script.run();
    expect(status).toBe(0);
    expect(stdout).toMatch(/^export KINESIS_TEST_WINDOWS_SKIPPED='.*apt-get install .*g\+\+-mingw-w64-x86-64-posix wine64 wine'\n$/);
    expect(kept).toBe(stdout);
  });

  it("are skipped where there is no apt-get", () => {
    const { status, stdout } = script.run();
    expect(status).toBe(0);
    expect(stdout).toMatch(/^export KINESIS_TEST_WINDOWS_SKIPPED='.*no apt-get/);
  });

  it("are skipped when root can't install them", () => {
    script.provide("id", "echo 0");
    script.provide("apt-get", "exit 1");
    const { status, stdout } = script.run();
    expect(status).toBe(0);
    expect(stdout).toMatch(/SKIPPED='apt-get install .*wine64 wine failed'/);
  });

  it("are skipped on another kind of machine", () => {
    script.provide("uname", 'case $1 in -s) echo Linux ;; -m) echo aarch64 ;; esac');
    expect(script.run().stdout).toMatch(/SKIPPED='.*x86-64'/);
  });
});
