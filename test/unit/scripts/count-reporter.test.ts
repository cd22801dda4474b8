/** Tests the end of a run's output: the name of each failure, and the counts. */
import { describe, expect, it } from "vitest";

interface Failure {
  readonly message: string;
}
interface ReporterModule {
  readonly closingLines: (files: readonly unknown[], strayErrors: readonly Failure[]) => string[];
}

const script = new URL("../../../scripts/count-reporter.mjs", import.meta.url);
const { closingLines } = (await import(script.href)) as ReporterModule;

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
    allTests: () => tests,
  },
};
const stray = [{ message: "stray" }];

describe("the end of a run's output", () => {
  it("has a line for each failure, also outside tests, with the first line of its reason, and the counts", () => {
    expect(closingLines([file], stray)).toEqual([
      "failed: some.test.ts: not loaded",
      "failed: some.test.ts > outer: in a hook",
      "failed: some.test.ts > outer > fails: expected 1 to be 2",
      "failed: outside all tests: stray",
      "1 passed, 4 failed, 1 skipped",
    ]);
  });

  it("has only the counts when no test failed", () => {
    const clean = { ...file, errors: () => [], children: { allSuites: () => [], allTests: () => [] } };
    expect(closingLines([clean], [])).toEqual(["0 passed, 0 failed, 0 skipped"]);
  });
});
