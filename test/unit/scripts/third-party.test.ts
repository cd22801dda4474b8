/** Tests that THIRD-PARTY lists the bundled packages, and that its check notices when it does not. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const project = fileURLToPath(new URL("../../../", import.meta.url));

describe("THIRD-PARTY", () => {
  it("lists the packages that are bundled now", () => {
    const { status, stderr } = spawnSync("npm", ["run", "--silent", "third-party", "--", "--check"], {
      cwd: project,
      encoding: "utf8",
    });
    expect(stderr).not.toContain("THIRD-PARTY");
    expect(status).toBe(0);
  });

  it.each(["@aws-sdk/client-kinesis", "node-addon-api", "node-api-headers"])("names %s with its version", (name) => {
    const manifest = readFileSync(`${project}node_modules/${name}/package.json`, "utf8");
    const { version } = JSON.parse(manifest) as { version: string };
    expect(readFileSync(`${project}THIRD-PARTY`, "utf8")).toContain(`\n${name} ${version} (`);
  });
});
