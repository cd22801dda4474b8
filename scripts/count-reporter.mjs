// A vitest reporter that ends the output with one plain line, "N passed, N failed, N skipped", for CI's log reader.

/** Counts tests; a file that failed outside its tests, and an error outside all files, count as one failure each. */
export function countResults(files, strayErrors) {
  const counts = { passed: 0, failed: strayErrors.length, skipped: 0 };
  for (const file of files) {
    counts.failed += file.errors().length;
    for (const suite of file.children.allSuites()) counts.failed += suite.errors().length;
    for (const test of file.children.allTests()) {
      const { state } = test.result();
      counts[state === "passed" || state === "failed" ? state : "skipped"]++;
    }
  }
  return counts;
}

export default class CountReporter {
  onTestRunEnd(files, strayErrors) {
    const { passed, failed, skipped } = countResults(files, strayErrors);
    // After the default reporter's summary, which it writes when this same event is over.
    process.once("exit", () => process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`));
  }
}
