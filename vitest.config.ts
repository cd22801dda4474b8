/** How the tests run; gives them the libnode, the Windows tools and the trees of other Debians that `make` found last. */
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

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

/** Test files that change globals, the environment or the time zone of their process, or measure its memory. */
const alone = ["responses.property", "files.property", "settings", "partial_deliveries_cost", "text_cache", "format", "repeated_keys", "aggregator_shards"];
/** The other test files of the pure stages and of tools: they leave their process as it was, and share it. */
const sharing = [
  `test/{conformance,property}/**/!(${alone.join("|")}).test.ts`,
  `test/unit/{bench,bytes,chunk,delivery,examples,options,pack,record,support}/**/!(${alone.join("|")}).test.ts`,
  "test/unit/scripts/{check,tail}/**/*.test.ts",
];
/** Test files that start no program but Node's. */
const units = "test/{conformance,property,unit}/**/*.test.ts";

/** Begins with the file that takes longest: it compiles the shim, and waits for its time limits. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLongest = (file: TestSpecification): boolean => file.moduleId.endsWith("/test/native/shim.test.ts");
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}

export default defineConfig({
  test: {
    pool: "forks",
    // Two at once on two cores, where vitest takes one: the tests wait for some of their time. With three, wine is too slow.
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
    sequence: { sequencer: LongestFirst },
    // Of the cases of a file that run side by side: those of the shim wait for its time limits.
    maxConcurrency: 8,
    reporters: ["default", "./scripts/count-reporter.mjs"],
    projects: [
      { extends: true, test: { name: "stages", include: sharing, isolate: false } },
      { extends: true, test: { name: "unit", include: [units], exclude: [...configDefaults.exclude, ...sharing] } },
      {
        extends: true,
        test: {
          name: "programs",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, units],
          globalSetup: "./test/support/shared_kinesis.ts",
        },
      },
    ],
  },
});
