/** What stands at the end of a run's output: each failure by its name, and the counts. */
import { describe, expect, it } from "vitest";

interface Failure {
  readonly message: string;
}
interface ReporterModule {
  readonly countResults: (files: readonly unknown[], strayErrors: readonly Failure[]) => Record<string, number>;
  readonly failureLines: (files: readonly unknown[], strayErrors: readonly Failure[]) => string[];
}

const script = new URL("../../../scripts/count-reporter.mjs", import.meta.url);
const { countResults, failureLines } = (await import(script.href)) as ReporterModule;

function test(fullName: string, state: string, errors: readonly Failure[] = []) {
  return { fullName, result: () => ({ state, errors }) };
}

const suites = [
  { fullName: "outer", errors: () => [{ message: "in a hook\nat a line" }] },
  { fullName: "quiet", errors: () => [] },
];
const tests = [
  test("outer > passes", "passed"),
  test("outer > fails", "failed", [{ message: "expected 1 to be 2\n- 2\n+ 1" }, { message: "another" }]),
  test("outer > waits", "skipped"),
];
const file = {
  moduleId: "some.test.ts",
  errors: () => [{ message: "not loaded" }],
  children: {
    allSuites: () => suites,
    allTests: (state?: string) => tests.filter(({ result }) => state === undefined || result().state === state),
  },
};
const stray = [{ message: "stray" }];

describe("the end of a run's output", () => {
  it("counts failures outside tests as failures", () => {
    expect(countResults([file], stray)).toEqual({ passed: 1, failed: 4, skipped: 1 });
  });

  it("names each failure with the first line of its reason", () => {
    expect(failureLines([file], stray)).toEqual([
      "failed: some.test.ts: not loaded",
      "failed: some.test.ts > outer: in a hook",
      "failed: some.test.ts > outer > fails: expected 1 to be 2",
      "failed: outside all tests: stray",
    ]);
  });

  it("names nothing when nothing failed", () => {
    const clean = { ...file, errors: () => [], children: { allSuites: () => [], allTests: () => [] } };
    expect(failureLines([clean], [])).toEqual([]);
  });
});
