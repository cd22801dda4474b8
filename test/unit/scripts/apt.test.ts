/** Tests that packages are installed on a machine without package lists, and on one where another apt is running. */
import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ToolScript } from "../../support/tool_script.js";

const locked = "echo 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt-get)' >&2; exit 100";
const packages = "debootstrap g++-aarch64-linux-gnu qemu-user-static";
const install = `apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends ${packages}`;
// The packages install no programs here: the script gets to this line only after a successful installation.
const installed = /SKIPPED='some of these are still missing after apt-get install/;
const notInstalled = /SKIPPED='some of these can.*t be installed/;

let script: ToolScript;
let calls: string;
beforeEach(() => {
  script = new ToolScript("arm64_tree.sh", "arm64");
  script.provide("id", "echo 0");
  calls = script.placeOf("../../calls");
  writeFileSync(calls, "");
  script.provide("sleep", `echo "sleep $1" >>${calls}`);
});
afterEach(() => script.remove());

/** An apt-get that can install after `update`, shell commands, has succeeded once. */
function provideApt(update: string): void {
  const lists = script.placeOf("../../lists");
  script.provide(
    "apt-get",
    `echo "apt-get $*" >>${calls}
case "$*" in
  *update*) ${update}; : >${lists} ;;
  *) [ -e ${lists} ] || { echo "E: Unable to locate package debootstrap" >&2; exit 100; } ;;
esac`,
  );
}

function run(): { readonly stdout: string; readonly stderr: string; readonly called: readonly string[] } {
  const { stdout, stderr } = script.run();
  return { stdout, stderr, called: readFileSync(calls, "utf8").trim().split("\n") };
}

describe("apt_install", () => {
  it("fetches missing package lists, then installs", () => {
    provideApt("true");
    const { stdout, called } = run();
    expect(called).toEqual([install, "apt-get update -qq", install]);
    expect(stdout).toMatch(installed);
  });

  it("waits for another apt that holds the lists, and reports it once", () => {
    const [once, twice] = [script.placeOf("../../once"), script.placeOf("../../twice")];
    provideApt(`if [ ! -e ${twice} ]; then [ ! -e ${once} ] || : >${twice}; : >${once}; ${locked}; fi`);
    const { stdout, stderr, called } = run();
    expect(called).toEqual([install, "apt-get update -qq", "sleep 5", "apt-get update -qq", "sleep 5", "apt-get update -qq", install]);
    expect(stderr.match(/waiting for another apt/g)).toHaveLength(1);
    expect(stdout).toMatch(installed);
  });

  it("waits at most five minutes, then reports the lock", () => {
    provideApt(locked);
    const { stdout, stderr, called } = run();
    expect(called.filter((call) => call === "sleep 5")).toHaveLength(60);
    expect(stderr).toContain("arm64: apt-get update failed: E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7");
    expect(stdout).toMatch(notInstalled);
  });

  it("does not wait when the update fails for another reason, and reports it", () => {
    provideApt("echo 'E: The repository is not signed.' >&2; exit 100");
    const { stdout, stderr, called } = run();
    expect(called).toEqual([install, "apt-get update -qq"]);
    expect(stderr).toContain("arm64: apt-get update failed: E: The repository is not signed.");
    expect(stdout).toMatch(notInstalled);
  });
});
