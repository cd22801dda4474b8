// Reports failures as the last lines of a vitest run, one line each, then "N passed, N failed, N skipped".

/**
 * Returns the last lines of a run: one for each failed test and each error outside tests or files, so that a truncated
 * log still names them; then the counts.
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
    // On exit: the default reporter writes its summary after this event.
    process.once("exit", () => process.stdout.write(`${lines.join("\n")}\n`));
  }
}
