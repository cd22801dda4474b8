/** How the tests run; gives them the libnode, the Windows tools and the trees of other Debians that `make` found last. */
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** What a script wrote down into a file as lines for `eval`; nothing when the caller has set one of `variables` itself. */
function environmentIn(path: string, ...variables: readonly string[]): Record<string, string> {
  const file = new URL(path, import.meta.url);
  if (variables.some((variable) => process.env[variable] !== undefined) || !existsSync(file)) return {};
  const found: Record<string, string> = {};
  for (const [, name = "", value = ""] of readFileSync(file, "utf8").matchAll(/^export (\w+)='(.*)'$/gm)) {
    found[name] = value.replaceAll("'\\''", "'");
  }
  return found;
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    // Two at once on two cores, where vitest takes one: the tests wait for most of their time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 30_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    env: {
      ...environmentIn("build/libnode/environment", "KINESIS_TEST_LIBNODE"),
      ...environmentIn("build/windows/environment", "KINESIS_TEST_WINE", "KINESIS_TEST_WINDOWS_SKIPPED"),
      ...environmentIn("build/matrix/environment", "KINESIS_TEST_MATRIX"),
      ...environmentIn("build/arm64/environment", "KINESIS_TEST_ARM64"),
    },
    reporters: ["default", "./scripts/count-reporter.mjs"],
  },
});
