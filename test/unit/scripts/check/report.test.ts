/** Tests the report, the command line, and the order of findings. */
import { describe, expect, it } from "vitest";
import { help, readArguments } from "../../../../scripts/check/arguments.js";
import { UsageError } from "../../../../scripts/command_line.js";
import { editDistance, nearest } from "../../../../scripts/edit_distance.js";
import { type Finding, sorted, withoutRepeats } from "../../../../scripts/check/findings.js";
import { failureAdvice } from "../../../../scripts/check/live_failures.js";
import { jsonReport, textReport } from "../../../../scripts/check/report.js";
import { patternsOverlap } from "../../../../scripts/check/tag_pattern.js";

const finding = (severity: Finding["severity"], line: number, message = "m"): Finding => {
  return { severity, place: { file: "a.conf", line }, rule: "r", message, advice: "do" };
};

describe("the report", () => {
  it("has a line for each finding, its advice below it, and counts", () => {
    const live = { place: { file: "a.conf", line: 1 }, credentials: "the environment", facts: ["fact"], findings: [] };
    expect(textReport([finding("error", 2), finding("hint", 3)], [live], { outputs: 1, version: undefined }, false)).toBe(
      "a.conf:2: error: m\n    do.\na.conf:3: hint: m\n    do.\na.conf:1: live: credentials: the environment\na.conf:1: live: fact\n" +
        "1 kinesis output: 1 error, 0 warnings, 1 hint.\n",
    );
  });

  it("is coloured only on request, and escapes control characters", () => {
    const subject = { outputs: 2, version: undefined };
    const hostile = [finding("error", 1, "\u001b[2J")];
    expect(textReport(hostile, [], subject, false)).toMatch(/error: \\u001b\[2J\n/);
    expect(textReport(hostile, [], subject, true)).toContain("\u001b[31merror\u001b[0m");
  });

  it("is JSON for programs", () => {
    const nowhere = { ...finding("warning", 0), place: undefined };
    expect(JSON.parse(jsonReport([finding("error", 2), nowhere], [], { outputs: 1, version: [2, 2, 3] }))).toEqual({
      outputs: 1,
      fluentBit: "2.2.3",
      findings: [
        { severity: "error", file: "a.conf", line: 2, rule: "r", message: "m", advice: "do" },
        { severity: "warning", file: null, line: null, rule: "r", message: "m", advice: "do" },
      ],
      live: [],
    });
  });

  it("is sorted by line, then from the worst to the mildest, without repeats", () => {
    const findings = [finding("hint", 2), finding("warning", 1), finding("warning", 2, "o"), finding("error", 2, "n"), finding("hint", 2)];
    expect(sorted(withoutRepeats(findings)).map(({ severity, place }) => [severity, place?.line])).toEqual([
      ["warning", 1],
      ["error", 2],
      ["warning", 2],
      ["hint", 2],
    ]);
  });
});

describe("the command line", () => {
  it("names a file", () => {
    expect(readArguments(["-c", "a.conf"])).toEqual({ file: "a.conf", live: false, json: false, environmentFile: undefined, fluentBit: undefined });
    expect(readArguments(["--config", "a.yaml", "--live", "--json"])).toEqual({ file: "a.yaml", live: true, json: true, environmentFile: undefined, fluentBit: undefined });
    expect(readArguments(["--help"])).toBe("help");
    expect(help("kinesis-check")).toContain("\n  kinesis-check FILE [--live]");
    expect(help("kinesis-check")).toContain("\n  kinesis-check fluent-bit.conf --live\n");
  });

  it("accepts the file without -c too, and the version of Fluent Bit", () => {
    const settings = readArguments(["a.conf", "--variables", "b", "--fluent-bit", "2.2.3"]);
    expect(settings).toEqual({ file: "a.conf", live: false, json: false, environmentFile: "b", fluentBit: "2.2.3" });
  });

  it.each([
    [[], /^name the configuration: npm run check -- fluent-bit\.conf$/],
    [["-c", ""], /^name the configuration/],
    [["-c"], /^--config needs a value/],
    [["a", "b"], /^one configuration at a time: 'a' and 'b' are named$/],
    [["-c", "a", "--fix"], /^unknown option --fix; the options are --config, /],
    [["a", "--lvie"], /^unknown option --lvie; did you mean --live\?$/],
    [["a", "--live=yes"], /^--live takes no value/],
    [["a", "--fluent-bit", ""], /^--fluent-bit is empty/],
  ])("%o is invalid, and the message says what to write", (args, message) => {
    expect(() => readArguments(args)).toThrow(UsageError);
    expect(() => readArguments(args)).toThrow(message);
  });
});

describe("similar names", () => {
  it.each([
    ["stream", "stream", 0],
    ["strem", "stream", 1],
    ["straem", "stream", 1],
    ["", "abc", 3],
    ["kitten", "sitting", 3],
  ])("%s and %s differ by %i letters", (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
    expect(editDistance(to, from)).toBe(distance);
  });

  it("differ by at most a third of the letters, and by three", () => {
    expect(nearest("xxream", ["stream"])).toBe("stream");
    expect(nearest("xxxeam", ["stream"])).toBeUndefined();
    expect(nearest("xxxtition_key", ["partition_key"])).toBe("partition_key");
    expect(nearest("xxxxition_key", ["partition_key"])).toBeUndefined();
  });

  it("of few letters may differ only by two swapped neighbours", () => {
    expect(nearest("INUPT", ["OUTPUT", "INPUT"])).toBe("INPUT");
    expect(nearest("NIUPT", ["OUTPUT", "INPUT"])).toBeUndefined();
  });

  it("are not searched letter by letter for a name of a megabyte", () => {
    expect(nearest("stream".repeat(170_000), ["stream", "partition_key"])).toBeUndefined();
  });
});

it.each([
  ["*", "", true],
  ["", "a", false],
  ["a*", "*b", true],
  ["a*c", "abd*", true],
  ["a*c", "abd", false],
  ["*a*", "b", false],
  ["**", "x", true],
  ["*".repeat(60) + "a", "*".repeat(60) + "b", false],
])("the patterns %s and %s overlap: %s", (one, other, expected) => {
  expect(patternsOverlap(one, other)).toBe(expected);
  expect(patternsOverlap(other, one)).toBe(expected);
});

it.each([
  ["ResourceNotFoundException", "", "DescribeStreamSummary", /'stream' and 'region'/],
  ["AccessDenied", "AssumeRole of x failed", "DescribeStreamSummary", /sts:AssumeRole/],
  ["AccessDeniedException", "", "ListShards", /kinesis:ListShards/],
  ["AccessDeniedException", "", "DescribeStreamSummary", /kinesis:DescribeStreamSummary/],
  ["CredentialsProviderError", "", "DescribeStreamSummary", /AWS_ACCESS_KEY_ID/],
  ["CredentialsTimeout", "no credentials within 10 s: no response from AssumeRole of x", "DescribeStreamSummary", /the source in the message/],
  ["ExpiredTokenException", "", "DescribeStreamSummary", /Renew/],
  ["ECONNREFUSED", "", "DescribeStreamSummary", /endpoint/],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "", "DescribeStreamSummary", /AWS_CA_BUNDLE/],
  ["Strange", "", "DescribeStreamSummary", /TROUBLESHOOTING/],
])("%s (%s) of %s has the expected advice", (code, message, action, advice) => {
  expect(failureAdvice(code, message, action)).toMatch(advice);
});
