// Builds the Go output plugin of test/native/go_probe, if there is a suitable Go.
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { ROOT } from "./plugin_host.js";

// Needs only the standard library, so nothing is downloaded.
const ENVIRONMENT = { ...process.env, CGO_ENABLED: "1", GO111MODULE: "off", GOFLAGS: "" };

/** Returns the reason why the plugin cannot be built here; undefined if it can. */
export function missingGo(): string | undefined {
  const found = spawnSync("go", ["env", "CC"], { env: ENVIRONMENT, encoding: "utf8" });
  if (found.status !== 0) return "skipped: there is no Go on this machine";
  const compiler = spawnSync(found.stdout.trim(), ["--version"], { stdio: "ignore" });
  return compiler.status === 0 ? undefined : `skipped: Go's C compiler, ${found.stdout.trim()}, is missing`;
}

/** Builds an output of this name into a new folder; returns its path, and `remove`, which deletes the folder. */
export async function buildGoProbe(name = "go_probe"): Promise<{ readonly plugin: string; remove(): void }> {
  const folder = mkdtempSync(path.join(tmpdir(), "go-probe-"));
  const plugin = path.join(folder, `${name}.so`);
  const source = path.join(ROOT, "test", "native", "go_probe", "probe.go");
  const build = ["build", "-buildmode=c-shared", "-ldflags", `-X main.name=${name}`, "-o", plugin, source];
  await promisify(execFile)("go", build, { env: ENVIRONMENT });
  return { plugin, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
