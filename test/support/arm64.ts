// Finds the emulated Linux on arm64 (scripts/arm64_tree.sh), or the reason why there is none.
import { existsSync } from "node:fs";
import path from "node:path";
import { compileHost, type HostProgram, ROOT } from "./host_program.js";
import { otherRootHost } from "./other_root.js";

export const ARM64_PLUGIN = path.join(ROOT, "bin", "kinesis-arm64.so");

const tree = process.env["KINESIS_TEST_ARM64"] ?? "";

function whySkipped(): string | undefined {
  const reason = process.env["KINESIS_TEST_ARM64_SKIPPED"];
  if (reason !== undefined && reason !== "") return reason;
  if (tree === "" || !existsSync(tree)) return "there is no tree; run as root: make test-arm64";
  if (process.getuid?.() !== 0) return "only root can change its root";
  if (!existsSync(ARM64_PLUGIN)) return "there is no kinesis-arm64.so; run: make release-arm64";
  return undefined;
}

/** Reason why nothing can run on arm64; undefined if it can. */
export const arm64Skipped = whySkipped();

/** Returns a title with the reason if the tests under it are skipped. */
export function arm64Title(title: string): string {
  return arm64Skipped === undefined ? title : `${title} (skipped: ${arm64Skipped})`;
}

/** Returns the host program for arm64 in the tree, with an embedded core: an emulated program cannot start another one. */
export async function arm64Host(): Promise<HostProgram> {
  const program = path.join(ROOT, "build", "arm64", "host", "host");
  await compileHost("aarch64-linux-gnu-g++", "posix", ["-ldl", "-pthread"], program);
  const foreign = { program, emulator: "/usr/bin/qemu-aarch64-static" };
  return otherRootHost(tree, ARM64_PLUGIN, { KINESIS_RUNTIME: "embedded" }, foreign);
}
