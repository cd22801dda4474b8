// A vitest reporter that ends the output with what failed, a line each, and one plain line, "N passed, N failed, N skipped".

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

/** A line for each failed test and each failure outside tests: a log of which only the end is kept still names them. */
export function failureLines(files, strayErrors) {
  const line = (place, errors) => `failed: ${place}: ${String(errors?.[0]?.message ?? "").split("\n", 1)[0]}`;
  const lines = [];
  for (const file of files) {
    for (const error of file.errors()) lines.push(line(file.moduleId, [error]));
    for (const suite of file.children.allSuites()) {
      for (const error of suite.errors()) lines.push(line(`${file.moduleId} > ${suite.fullName}`, [error]));
    }
    for (const test of file.children.allTests("failed")) {
      lines.push(line(`${file.moduleId} > ${test.fullName}`, test.result().errors));
    }
  }
  for (const error of strayErrors) lines.push(line("outside all tests", [error]));
  return lines;
}

export default class CountReporter {
  onTestRunEnd(files, strayErrors) {
    const { passed, failed, skipped } = countResults(files, strayErrors);
    const lines = [...failureLines(files, strayErrors), `${passed} passed, ${failed} failed, ${skipped} skipped`];
    // After the default reporter's summary, which it writes when this same event is over.
    process.once("exit", () => process.stdout.write(`${lines.join("\n")}\n`));
  }
}
