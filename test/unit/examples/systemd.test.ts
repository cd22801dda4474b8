// Tests the systemd service: that it agrees with its configuration and V8's needs, and systemd-analyze if it is installed.
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endSecondsOf, exampleText, sectionsOf, variablesOf } from "../../support/example_files.js";

const unit = exampleText("systemd/fluent-bit-kinesis.service");
const settings = new Map(
  [...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
);
const configuration = exampleText("systemd/fluent-bit.conf");
const sections = sectionsOf(configuration);
const hasAnalyze = spawnSync("systemd-analyze", ["--version"]).status === 0;

describe("the service", () => {
  it("waits for the end longer than Grace and drain_timeout together, and ends Fluent Bit first", () => {
    const propertyOf = (section: string, key: string) => sections.find(({ kind }) => kind === section)?.properties.get(key);
    const endSeconds = endSecondsOf(propertyOf("SERVICE", "grace"), propertyOf("OUTPUT", "drain_timeout"));
    expect(Number(settings.get("TimeoutStopSec"))).toBeGreaterThan(endSeconds);
    expect(settings.get("KillMode")).toBe("mixed");
    expect(settings.get("KillSignal")).toBe("SIGTERM");
  });

  it("has few rights, but memory that V8 can write and run", () => {
    expect(Object.fromEntries(settings)).toMatchObject({
      DynamicUser: "yes",
      NoNewPrivileges: "yes",
      ProtectSystem: "strict",
      CapabilityBoundingSet: "",
    });
    expect(settings.has("MemoryDenyWriteExecute")).toBe(false);
  });

  it("writes only below its own folder", () => {
    const state = `/var/lib/${settings.get("StateDirectory")}/`;
    const written = sections.flatMap(({ properties }) => [properties.get("db"), properties.get("storage.path")]);
    const files = written.filter((file) => file !== undefined);
    expect(files).toHaveLength(2);
    for (const file of files) expect(file.startsWith(state)).toBe(true);
  });

  it("sets the variables of the configuration", () => {
    const given = [...variablesOf(exampleText("systemd/environment")).keys()];
    if (settings.get("Environment")?.startsWith("HOSTNAME=")) given.push("HOSTNAME");
    for (const [, name] of configuration.matchAll(/\$\{(\w+)\}/g)) expect(given).toContain(name);
  });

  it("has no ExecReload", () => expect(settings.has("ExecReload")).toBe(false));
});

describe.skipIf(!hasAnalyze)("systemd-analyze", () => {
  let folder = "";
  let file = "";

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "systemd-"));
    const program = path.join(folder, "fluent-bit");
    writeFileSync(program, "#!/bin/sh\n");
    chmodSync(program, 0o755);
    file = path.join(folder, "fluent-bit-kinesis.service");
    // The program must exist for systemd-analyze.
    writeFileSync(file, unit.replaceAll("/opt/fluent-bit/bin/fluent-bit", program));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("finds no errors", () => {
    const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
    expect(`${stdout}${stderr}`).not.toContain("fluent-bit-kinesis");
    expect(status).toBe(0);
  });

  it("would find an unknown setting", () => {
    const wrong = path.join(folder, "wrong.service");
    writeFileSync(wrong, `${unit}\n[Service]\nProtectEverything=yes\n`.replaceAll("/opt/fluent-bit/bin/fluent-bit", "/bin/true"));
    expect(spawnSync("systemd-analyze", ["verify", wrong], { encoding: "utf8" }).stderr).toContain("ProtectEverything");
  });

  it("rates its exposure below 3 of 10", () => {
    const said = execFileSync("systemd-analyze", ["security", "--offline=true", "--no-pager", file], { encoding: "utf8" });
    const exposure = Number(/Overall exposure level for .*: ([\d.]+)/.exec(said)?.[1]);
    expect(exposure).toBeLessThan(3);
  });
});
