/** How the tests run; gives them the libnode that `make test` found last. */
import { existsSync, readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

/** KINESIS_TEST_LIBNODE and KINESIS_TEST_LIBRARY_PATH, as scripts/libnode.sh wrote them down; the caller's go first. */
function libnodeEnvironment(): Record<string, string> {
  const file = new URL("build/libnode/environment", import.meta.url);
  if (process.env.KINESIS_TEST_LIBNODE !== undefined || !existsSync(file)) return {};
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
    testTimeout: 30_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    env: libnodeEnvironment(),
    reporters: ["default", "./scripts/count-reporter.mjs"],
  },
});
