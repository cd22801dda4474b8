// A vitest reporter that ends the output with what failed, a line each, and one plain line, "N passed, N failed, N skipped".

/**
 * The last lines of a run: one for each failed test, each error outside tests and each outside all files, so that a log of
 * which only the end is kept still names them; then the counts.
 */
export function closingLines(files, strayErrors) {
  const failures = [];
  const fail = (place, error) => failures.push(`failed: ${place}: ${String(error?.message ?? "").split("\n", 1)[0]}`);
  const counts = { passed: 0, skipped: 0 };
  for (const file of files) {
    for (const error of file.errors()) fail(file.moduleId, error);
    for (const suite of file.children.allSuites()) {
      for (const error of suite.errors()) fail(`${file.moduleId} > ${suite.fullName}`, error);
    }
    for (const test of file.children.allTests()) {
      const { state, errors } = test.result();
      if (state === "failed") fail(`${file.moduleId} > ${test.fullName}`, errors?.[0]);
      else counts[state === "passed" ? "passed" : "skipped"]++;
    }
  }
  for (const error of strayErrors) fail("outside all tests", error);
  return [...failures, `${counts.passed} passed, ${failures.length} failed, ${counts.skipped} skipped`];
}

export default class CountReporter {
  onTestRunEnd(files, strayErrors) {
    const lines = closingLines(files, strayErrors);
    // After the default reporter's summary, which it writes when this same event is over.
    process.once("exit", () => process.stdout.write(`${lines.join("\n")}\n`));
  }
}
