/** Tests the findings of each rule of the check, and the configurations that it accepts. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type HostVersion, readVersion } from "../../../../scripts/check/host_version.js";
import { briefly, ConfigurationFolder, type Keys, output, correctOutput, section } from "../../../support/checked_configuration.js";

let files: ConfigurationFolder;
beforeEach(() => (files = new ConfigurationFolder()));
afterEach(() => files.remove());

type Environment = Readonly<Record<string, string | undefined>>;

const service = (keys: Keys) => section("SERVICE", keys);
const found = async (text: string, environment: Environment = {}) => files.findings("main.conf", text, environment);
const brief = async (text: string, environment: Environment = {}) => briefly(await found(text, environment));
const adviceAbout = async (text: string) => (await found(text)).map(({ message, advice }) => `${message}. ${advice}`).join("\n");
const warning = (rule: string) => [`warning ${rule}`];

it("a correct output has no findings", async () => {
  expect(await found(output())).toEqual([]);
});

describe("option names", () => {
  it.each([
    ["partion_key", /did you mean 'partition_key'\?/],
    ["strem", /did you mean 'stream'\?/],
    ["agregatoin", /did you mean 'aggregation'\?/],
    ["retry_limits", /did you mean 'retry_limit'\?/],
    ["workrs", /did you mean 'workers'\?/],
    ["aws_region", /did you mean 'region'\?/],
  ])("%s is an error that names the intended option", async (name, message) => {
    const findings = await found(output({ [name]: "5" }));
    expect(briefly(findings)).toEqual(["error unknown-option"]);
    expect(findings[0]?.message).toMatch(message);
    expect(findings[0]?.place?.line).toBe(7);
  });

  it.each([
    ["sqs_queue", "unknown-option"],
    ["auto_retry_requests", "no-effect"],
    ["tls.verify", "no-effect"],
    ["port", "no-effect"],
    ["host", "no-effect"],
    ["net.keepalive", "no-effect"],
  ])("%s is a warning, since it has no effect", async (name, rule) => {
    expect(await brief(output({ [name]: "on" }))).toEqual(warning(rule));
  });

  it.each([
    ["port", /write the port into 'endpoint'/],
    ["host", /'endpoint' names another address/],
    ["tls.ca_file", /AWS_CA_BUNDLE/],
    ["tls.vhost", /Remove it/],
    ["net.connect_timeout", /'http_request_timeout'/],
    ["auto_retry_requests", /'retry_timeout 0' only Fluent Bit retries/],
  ])("of Fluent Bit's own output without an equivalent have advice what to write instead: %s", async (name, advice) => {
    expect(await adviceAbout(output({ [name]: "1" }))).toMatch(advice);
  });

  it("of Fluent Bit's own output with the same meaning here have no findings", async () => {
    expect(await found(output({ simple_aggregation: "true", append_newline: "true", compression: "snappy", time_key: "t", log_key: "t" }))).toEqual([]);
  });

  it.each([["on", ["error tls"]], ["YES", ["error tls"]], ["true", ["error tls"]], ["off", warning("no-effect")], ["1", warning("no-effect")]])(
    "tls %s has the expected findings",
    async (value, expected) => {
      expect(await brief(output({ tls: value }))).toEqual(expected);
    },
  );

  it.each(["alias", "log_suppress_interval", "storage.total_limit_size", "Match_Regex", "REGION_"])("%s is accepted in any case", async (name) => {
    expect(await brief(output({ [name]: "1" }))).toEqual(name === "REGION_" ? ["error unknown-option"] : []);
  });

  it("that are repeated are reported with the one that counts", async () => {
    const text = await adviceAbout(`${output()}    STREAM other\n    retry_limit 3\n`);
    expect(text).toMatch(/'STREAM' is repeated in this output; the first one counts, in line 5/);
    expect(text).toMatch(/'retry_limit' is repeated in this output; the last one counts/);
  });

  it.each([
    ["retry_limit", "1", ["warning repeated-key", "warning retry-limit"]],
    ["stream", "a b", ["warning repeated-key"]],
  ])("that are repeated have the value that Fluent Bit uses: %s", async (name, second, expected) => {
    expect((await brief(`${output()}    ${name} ${second}\n`)).sort()).toEqual(expected);
  });

  it("with YAML lists are reported, since values are lost", async () => {
    const yaml = (keys: string) => `pipeline:\n  outputs:\n    - {name: kinesis, match: '*', region: r, stream: s, retry_limit: 2, data_keys: ${keys}}\n`;
    const findings = await files.findings("a.yaml", yaml("[log, stream]"));
    expect(briefly(findings)).toEqual(["error list"]);
    expect(findings[0]?.advice).toBe('Write one text with commas, data_keys: "log,stream"');
    expect(briefly(await files.findings("b.yaml", yaml("[a]")))).toEqual([]);
  });
});

describe("options", () => {
  it("must include a stream", async () => {
    const findings = await found(output({ stream: undefined }));
    expect(findings).toMatchObject([{ severity: "error", rule: "missing-option", place: { line: 1 }, message: expect.stringContaining("('stream' is not set)") as string }]);
  });

  it.each([
    [{}, "warning missing-option", /^'region' is not set, and no region was found in AWS_REGION, AWS_DEFAULT_REGION, profile 'default' of /],
    [{ AWS_DEFAULT_REGION: "eu-west-1" }, "hint region", /^'region' is not set; here it is eu-west-1, from AWS_DEFAULT_REGION$/],
    [{ AWS_REGION: "eu west" }, "error environment", /^Invalid 'AWS_REGION' value \(eu west\)/],
  ])("must include a region, which may come from the environment: %j", async (environment, told, message) => {
    const noFiles = { AWS_CONFIG_FILE: files.write("config", ""), AWS_SHARED_CREDENTIALS_FILE: files.write("credentials", "") };
    const findings = await found(output({ region: undefined }), { ...noFiles, ...environment });
    expect(briefly(findings)).toEqual([told]);
    expect(findings[0]?.message).toMatch(message);
    expect(await found(output(), { ...noFiles, ...environment })).toEqual([]);
  });

  it("without a region use the region of their profile", async () => {
    const config = files.write("config", "[profile logs]\nregion = eu-west-3\n");
    const findings = await found(output({ region: undefined, profile: "logs" }), { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: config });
    expect(briefly(findings)).toEqual(["hint region"]);
    expect(findings[0]?.message).toMatch(/^'region' is not set; here it is eu-west-3, from profile 'logs' of .*config and .*config$/);
  });

  it("without a region, with a stream's ARN, are reported with the ARN's region", async () => {
    const [finding] = await found(output({ region: undefined, stream: "arn:aws:kinesis:eu-west-1:123456789012:stream/s" }));
    expect(finding?.message).toMatch(/; the ARN in 'stream' names eu-west-1$/);
  });

  it("are all checked, even if several are invalid", async () => {
    const wrong = { stream: "a b", region: "x y", time_key: "t", time_key_format: "%Q", compression: "zip", role_arn: "me", partition_key: "log", retry_timeout: "3601", max_record_size: "4095", external_id: "§§" };
    const findings = await found(output(wrong));
    expect(new Set(briefly(findings))).toEqual(new Set(["error wrong-value"]));
    expect(findings).toHaveLength(9);
  });

  it("that exclude each other are an error at the second one", async () => {
    const findings = await found(output({ aggregation: "true", simple_aggregation: "true" }));
    expect(findings.filter(({ severity }) => severity === "error")).toMatchObject([{ rule: "wrong-value", place: { line: 8 }, message: expect.stringContaining("together with 'aggregation'") as string }]);
  });

  it("may quote another option's name in a value", async () => {
    expect(await found(output({ compression: "'stream'" }))).toMatchObject([{ place: { line: 7 }, message: expect.stringContaining("'compression'") as string }]);
  });

  it.each([
    ["4096", []],
    ["4095", ["error wrong-value"]],
    ["1048576", []],
    ["1048577", ["hint large-records"]],
    ["10485760", ["hint large-records"]],
    ["10485761", ["error wrong-value"]],
  ])("max_record_size %s has the expected findings", async (value, expected) => {
    // Ignores findings of other limits about such small records.
    expect(await brief(output({ max_record_size: value, skip_aggregation_record_size: "1" }))).toEqual(expected);
  });

  it("are reported without the external ID and without the values of variables", async () => {
    const text = await adviceAbout(output({ external_id: "s3cr§t", role_arn: "x" }));
    expect(text).toMatch(/Invalid 'external_id' value \(…\)/);
    expect(text).not.toContain("s3cr");
    const [finding] = await found(output({ stream: "${NAME}" }), { NAME: "not a name" });
    expect(finding?.message).toMatch(/^Invalid 'stream' value \(\$\{NAME\}\)/);
  });

  it.each([
    [{ stream: "arn:aws:kinesis:eu-west-1:123456789012:stream/s" }, "warning", /requests go to 'region' us-west-2/, 5],
    [{ external_id: "abc" }, "warning", /no effect without 'role_arn'/, 7],
    [{ role_duration: "900" }, "warning", /no effect without 'role_arn'/, 7],
  ])("%o have the plugin's own warning", async (keys, severity, message, line) => {
    const findings = await found(output(keys));
    expect(findings).toMatchObject([{ severity, rule: "plugin-warning", message: expect.stringMatching(message) as string, place: { line } }]);
  });

  it("that bound records in flight have no warning: they lose no records", async () => {
    const keys = { experimental_concurrency: "1", experimental_concurrency_retries: "0", concurrent_requests: "1" };
    expect(await found(output(keys))).toEqual([]);
  });
});

describe("delivery", () => {
  it.each([
    [undefined, warning("retry-limit")],
    ["0", warning("retry-limit")],
    ["1", warning("retry-limit")],
    ["2", []],
    ["many", warning("retry-limit")],
    ["no_retries", warning("retry-limit")],
    ["no_limits", warning("retry-limit")],
    ["False", warning("retry-limit")],
    ["${UNSET}", warning("unset-variable")],
  ])("Retry_Limit %s has the expected findings", async (value, expected) => {
    expect(await brief(output({ Retry_Limit: value }))).toEqual(expected);
  });

  it("Retry_Limit no_limits has no finding with a storage limit", async () => {
    expect(await brief(output({ Retry_Limit: "no_limits", "storage.total_limit_size": "1G" }))).toEqual([]);
    for (const none of ["off", "False", "no", "0"]) {
      expect(await brief(output({ Retry_Limit: "no_limits", "storage.total_limit_size": none }))).toEqual(warning("retry-limit"));
    }
  });

  it.each([
    [undefined, "on", []],
    ["0", "on", []],
    ["1", undefined, ["hint workers"]],
    ["2", "off", ["hint workers"]],
    ["1", "on", warning("workers")],
    ["2", "True", warning("workers")],
    ["${UNSET}", "on", warning("unset-variable")],
  ])("workers %s with Hot_Reload %s have the expected findings", async (value, reload, expected) => {
    expect(await brief(service({ Flush: "1", Hot_Reload: reload }) + output({ workers: value }))).toEqual(expected);
  });

  it.each<[HostVersion | undefined, string]>([
    [undefined, "warning workers"],
    [[2, 1, 10], "hint workers"],
    [[2, 2, 0], "warning workers"],
    [[5, 1, 1], "warning workers"],
    [[5, 2, 0], "warning workers"],
  ])("workers with Hot_Reload have, for Fluent Bit %o, a %s", async (named, expected) => {
    const text = service({ Flush: "1", Hot_Reload: "on" }) + output({ workers: "1" });
    expect(briefly(await files.findings("main.conf", text, {}, { named }))).toContain(expected);
  });

  it("workers have a hint at their own line, with the advice to remove them", async () => {
    const findings = await found(output({ workers: "2" }));
    expect(findings).toMatchObject([{ place: { line: 7 }, message: expect.stringContaining("'workers 2' is not needed") as string, advice: expect.stringMatching(/^Remove it/) as string }]);
  });

  it.each([
    ["verbose", ["error log-level"]],
    ["DEBUG", []],
  ])("log_level %s has the expected findings", async (value, expected) => {
    expect(await brief(output({ log_level: value }))).toEqual(expected);
    expect(await brief(service({ Log_Level: value }) + output())).toEqual(expected);
  });

  it("a repeated log_level must be valid in both places", async () => {
    const text = output({ log_level: "loud" });
    expect(await brief(`${text}    log_level info\n`)).toContain("error log-level");
    expect(await brief(service({ log_level: "loud" }) + service({ log_level: "info" }) + output())).toEqual(["error log-level"]);
  });

  it.each([
    ["5Gi", ["error storage-limit"]],
    ["5X", ["error storage-limit"]],
    ["5 bytes", ["error storage-limit"]],
    ["true", ["error storage-limit"]],
    ["5G", []],
    ["5gb", []],
    ["1.5M", []],
    ["500", []],
    ["off", []],
    ["${SIZE:-10Gi}", ["error storage-limit"]],
  ])("storage.total_limit_size %s has the expected findings", async (value, expected) => {
    expect(await brief(output({ "storage.total_limit_size": value }))).toEqual(expected);
  });

  it("log_level of the service conflicts with FLB_LOG_LEVEL, unless Fluent Bit does not know the variable's value", async () => {
    const text = service({ Log_Level: "info" }) + output();
    expect(await brief(text, { FLB_LOG_LEVEL: "Debug" })).toEqual(["error log-level"]);
    expect(await brief(text, { FLB_LOG_LEVEL: "" })).toEqual([]);
    expect(await brief(output({ log_level: "info" }), { FLB_LOG_LEVEL: "debug" })).toEqual([]);
    expect(await brief(text, { FLB_LOG_LEVEL: "loud" })).toEqual(["warning environment"]);
  });
});

describe("timing", () => {
  it.each([
    ["25", undefined, undefined, []],
    ["26", undefined, undefined, warning("grace")],
    ["26", "6", undefined, []],
    ["26", undefined, "21", []],
    ["3600", "-1", "0", []],
    ["6", "5", "0", warning("grace")],
    ["5", "5", "0", []],
    [undefined, "2", "0", warning("grace")],
    [undefined, "3", "0", []],
  ])("retry_timeout %s with Grace %s and drain_timeout %s has the expected findings", async (value, grace, drain, expected) => {
    const keys = { retry_timeout: value, drain_timeout: drain, http_request_timeout: "1" };
    expect(await brief(service({ Grace: grace, Flush: "1" }) + output(keys))).toEqual(expected);
  });

  it.each([
    [undefined, undefined, []],
    [undefined, "5", []],
    [undefined, "4", ["hint request-timeout"]],
    ["0", undefined, ["hint request-timeout"]],
    ["1", "0", []],
    ["25", undefined, []],
    ["26", undefined, warning("request-timeout")],
    ["26", "21", []],
  ])("http_request_timeout %s with drain_timeout %s has the expected findings", async (value, drain, expected) => {
    expect(await brief(output({ http_request_timeout: value, drain_timeout: drain }))).toEqual(expected);
  });

  it.each([
    [{ http_request_timeout: "0" }, /for up to 60 seconds\. Remove it: the default is 10 seconds/],
    [{ http_request_timeout: "30" }, /\(30 s\) is longer than Grace \(5 s\) and drain_timeout \(20 s\) together: .*\. Set drain_timeout to 25 or more, Grace in \[SERVICE\] to 10 or more, or http_request_timeout to 25 or less/],
    [{ drain_timeout: "0" }, /\(10 s, its default\) is longer than Grace \(5 s\) and drain_timeout \(0 s\) together/],
    [{ retry_timeout: "30" }, /Set drain_timeout to 25 or more, Grace in \[SERVICE\] to 10 or more, or retry_timeout to 25 or less/],
  ])("%o is reported with its seconds", async (keys, text) => {
    expect(await adviceAbout(output(keys))).toMatch(text);
  });

  it.each([
    [undefined, ["warning aggregation-flush"]],
    ["4.9", ["warning aggregation-flush"]],
    ["5", []],
    ["20", []],
  ])("aggregation with Flush %s has the expected findings", async (value, expected) => {
    const keys = { aggregation: "true", partition_key: "id" };
    expect(await brief(service({ Flush: value, Grace: "5" }) + output(keys))).toEqual(expected);
  });

  it.each([
    ["0", ["error flush"]],
    ["0.001", []],
    ["often", ["error flush"]],
  ])("Flush %s has the expected findings", async (value, expected) => {
    expect(await brief(service({ Flush: value }) + output())).toEqual(expected);
  });
});

it.each<[Keys, number]>([
  [{ except_keys: "b", data_keys: "a" }, 7],
  [{ tag_key: "x", time_key: "x" }, 7],
  [{ metadata_key: "x", tag_key: "x" }, 7],
  [{ partition_key: "$", region: "us-west-2" }, 7],
  [{ time_key_zone: "Mars/Base", time_key: "t" }, 7],
])("options that the plugin rejects, alone or together, are an error at their line: %o", async (keys, line) => {
  const findings = (await found(output(keys))).filter(({ severity }) => severity === "error");
  expect(findings.map(({ rule, place }) => [rule, place?.line])).toEqual([["wrong-value", line]]);
});

it("time_key_zone without time_key is a warning at its line", async () => {
  const findings = await found(output({ time_key_zone: "UTC" }));
  expect(findings).toMatchObject([{ severity: "warning", rule: "plugin-warning", message: "'time_key_zone' has no effect without 'time_key'", advice: "Set 'time_key', or remove it", place: { line: 7 } }]);
});

describe("the shape of records", () => {
  it.each<[Keys, string[]]>([
    [{ log_key: "log", data_keys: "time" }, ["error log-key"]],
    [{ log_key: "log", data_keys: "time, log" }, ["hint data-keys"]],
    [{ time_key: "t", data_keys: "log" }, warning("time-key")],
    [{ time_key: "t", data_keys: "log,t" }, []],
    [{ time_key: "t", log_key: "log" }, warning("time-key")],
    [{ time_key: "t", log_key: "t" }, []],
    [{ log_key: "log", except_keys: "time, log" }, ["error log-key"]],
    [{ log_key: "log", except_keys: "time" }, ["hint except-keys"]],
    [{ time_key: "t", except_keys: "a,t" }, warning("time-key")],
    [{ tag_key: "t", data_keys: "log" }, warning("tag-key")],
    [{ tag_key: "t", except_keys: "t" }, warning("tag-key")],
    [{ tag_key: "t", log_key: "log" }, warning("tag-key")],
    [{ metadata_key: "m", data_keys: "log" }, warning("metadata-key")],
    [{ metadata_key: "m", log_key: "log" }, warning("metadata-key")],
    [{ metadata_key: "m", tag_key: "t", except_keys: "a" }, []],
    [{ log_key: "a.b", replace_dots: "_" }, ["error log-key"]],
    [{ log_key: "a_b", replace_dots: "_" }, []],
    [{ log_key: "a.b" }, []],
    [{ append_newline: "true", compression: "zlib" }, warning("compression")],
    [{ append_newline: "true", compression: "gzip" }, []],
  ])("%o has the expected findings", async (keys, expected) => {
    expect(await brief(output(keys))).toEqual(expected);
  });

  it.each([undefined, "id"])("has no finding with a correct aggregation and partition_key %s", async (key) => {
    expect(await brief(service({ Flush: "10" }) + output({ aggregation: "true", partition_key: key }))).toEqual([]);
  });
});

describe("routing", () => {
  const input = section("INPUT", { Name: "cpu" });

  it("needs a Match with more than one input or output", async () => {
    const noMatch = output({ Match: undefined });
    expect(await brief(input + noMatch)).toEqual(["hint match"]);
    expect(await brief(input + input + noMatch)).toEqual(["error match"]);
    expect(await brief(input + noMatch + section("OUTPUT", { Name: "null", Match: "*" }))).toEqual(["error match"]);
    expect(await brief(input + input + output({ Match: undefined, Match_Regex: "^a" }))).toEqual([]);
    expect(await brief(input + input + output({ Match: "${TAGS}" }))).toEqual(warning("unset-variable"));
  });

  it("needs no Match if inputs have routes", async () => {
    const text = (routes: string) =>
      `pipeline:\n  inputs:\n    - {name: cpu${routes}}\n    - name: cpu\n  outputs:\n    - {name: kinesis, region: r, stream: s, retry_limit: 2}\n`;
    expect(briefly(await files.findings("a.yaml", text(", routes: {logs: []}")))).toEqual(["hint match"]);
    expect(briefly(await files.findings("b.yaml", text("")))).toEqual(["error match"]);
  });

  it.each<[Keys, Keys, boolean]>([
    [{}, {}, true],
    [{ Match: "app.*" }, { Match: "*.log" }, true],
    [{ Match: "app.*" }, { Match: "db.*" }, false],
    [{ Match: "app" }, { Match: "ap*p" }, true],
    [{ Match: "a*b" }, { Match: "a*c" }, false],
    [{ Match_Regex: "^a", Match: undefined }, { Match_Regex: "^a", Match: undefined }, true],
    [{ Match_Regex: "^a", Match: undefined }, { Match_Regex: "^b", Match: undefined }, false],
    [{ stream: "other" }, {}, false],
    [{ region: "eu-west-1" }, {}, false],
    [{ stream: "arn:aws:kinesis:us-west-2:123456789012:stream/logs" }, {}, true],
  ])("with %o and %o may double records: %s", async (one, other, isDouble) => {
    expect(await brief(output(one) + output(other))).toEqual(isDouble ? warning("doubles") : []);
  });
});

describe("variables", () => {
  it("that are unset are reported, and values that depend on them are not judged", async () => {
    const findings = await found(output({ region: "${R}", stream: "${S:-logs}", compression: "${C}" }), { R: "us-west-2" });
    expect(briefly(findings)).toEqual(warning("unset-variable"));
    expect(findings[0]?.message).toMatch(/\$\{C\} in 'compression'/);
    expect(await brief(output({ region: "${R}" }))).toEqual(warning("unset-variable"));
  });

  it("may be set by the configuration itself", async () => {
    expect(await brief(`@SET S=logs\n${output({ stream: "${S}" })}`)).toEqual([]);
    const ofNoFile = await found(`@SET S=file:///none/at/all\n${output({ stream: "${S}" })}`);
    expect(briefly(ofNoFile)).toEqual(warning("unset-variable"));
    expect(ofNoFile[0]?.message).toContain("file:///none/at/all, which cannot be read here");
  });

  it.each<[string, string, string[]]>([
    ["SEND_FAILURE_TIMEOUT", "soon", ["error environment"]],
    ["SEND_FAILURE_TIMEOUT", "0s", ["error environment"]],
    ["SEND_FAILURE_TIMEOUT", "5m", []],
    ["HTTPS_PROXY", "ftp://proxy", ["error environment"]],
    ["AWS_CA_BUNDLE", "/none/such", ["error environment"]],
    ["FLB_LOG_LEVEL", "loud", warning("environment")],
  ])("of the environment have the expected findings: %s %s", async (name, value, expected) => {
    expect(await brief(output(), { [name]: value })).toEqual(expected);
  });
});

describe("faults of Fluent Bit's version", () => {
  const rules = async (text: string, named: HostVersion | undefined) =>
    (await files.findings("main.conf", text, {}, { named })).map(({ rule }) => rule).filter((rule) => rule.startsWith("host-"));
  const two = output() + output({ stream: "other" });
  const reloaded = service({ Hot_Reload: "on" }) + output();

  it.each<[string, string, HostVersion | undefined, string[]]>([
    ["two outputs", two, undefined, []],
    ["two outputs", two, [2, 0, 6], ["host-two-outputs"]],
    ["two outputs", two, [2, 0, 7], ["host-failed-init"]],
    ["one output", output(), [1, 9, 10], []],
    ["one output", output(), [2, 2, 0], ["host-failed-init"]],
    ["one output", output(), [2, 2, 1], []],
    ["a hot reload", reloaded, [2, 1, 10], ["host-failed-init"]],
    ["a hot reload", reloaded, [2, 2, 1], ["host-reload-loss"]],
    ["a hot reload", reloaded, [3, 2, 2], ["host-reload-loss"]],
    ["a hot reload", reloaded, [3, 2, 3], []],
    ["no output of this plugin", section("OUTPUT", { Name: "null" }), [2, 0, 6], []],
  ])("are reported for %s (case %#)", async (_, text, named, expected) => {
    expect(await rules(text, named)).toEqual(expected);
  });

  it("are reported with the version and advice", async () => {
    const [finding] = await files.findings("main.conf", reloaded, {}, { named: [3, 0, 0] });
    expect(finding).toMatchObject({ severity: "warning", place: { line: 2 }, message: expect.stringMatching(/^Fluent Bit 3\.0\.0 has a fault \(hot reload\): chunks/) as string });
    expect(finding?.advice).toContain("3.2.3");
  });

  it("are those of the program that is found, unless a version is named", async () => {
    const found = (): HostVersion => [2, 0, 6];
    expect(briefly(await files.findings("main.conf", two, {}, { found }))).toEqual(warning("host-two-outputs"));
    expect(briefly(await files.findings("main.conf", two, {}, { found, named: [5, 1, 1] }))).toEqual([]);
  });

  it.each([["2.2.3", [2, 2, 3]], ["v5.1", [5, 1, 0]], ["5", undefined], ["5.1.1-rc", undefined], ["latest", undefined]])("the version %s is parsed", (text, expected) => {
    expect(readVersion(text)).toEqual(expected);
  });
});

describe("processors of an output", () => {
  const yaml = (list: string, kind = "outputs") =>
    `pipeline:\n  inputs:\n    - name: dummy\n${kind === "inputs" ? list : ""}  outputs:\n    - name: kinesis\n      match: '*'\n      region: us-west-2\n      stream: s\n      retry_limit: 5\n${kind === "outputs" ? list : ""}`;
  const processor = (name: string, more = "") => `      processors:\n        logs:\n          - name: ${name}\n            a: b\n${more}`;

  it.each(["lua", "sampling", "wasm", "kubernetes", "of_tomorrow"])("%s is a warning, since it may change the chunk at each retry", async (name) => {
    const findings = await files.findings("main.yaml", yaml(processor(name)));
    expect(findings).toMatchObject([{ severity: "warning", rule: "processors", place: { line: 12 }, message: expect.stringContaining(`'${name}'`) as string, advice: expect.stringContaining("input") as string }]);
  });

  it.each(["content_modifier", "Grep", "record_modifier"])("%s has no finding, since it never changes a chunk between retries", async (name) => {
    expect(await files.findings("main.yaml", yaml(processor(name)))).toEqual([]);
  });

  it("record_modifier with uuid_key is a warning, since it adds another UUID at each retry", async () => {
    expect(briefly(await files.findings("main.yaml", yaml(processor("record_modifier", "            uuid_key: id\n"))))).toEqual(warning("processors"));
  });

  it("have no finding at an input, or for metrics, which this plugin does not get", async () => {
    expect(await files.findings("main.yaml", yaml(processor("lua"), "inputs"))).toEqual([]);
    expect(await files.findings("main.yaml", yaml(processor("lua").replace("logs", "metrics")))).toEqual([]);
  });
});

describe("presence", () => {
  it.each([
    ["no output", section("INPUT", { Name: "cpu" }), ["error no-output"]],
    ["another output", section("OUTPUT", { Name: "stdout" }), ["error no-output"]],
    ["Fluent Bit's own output kinesis_streams", section("OUTPUT", { Name: "kinesis_streams" }), ["error no-output"]],
    ["another section's name", section("OUTPTU", correctOutput), ["error no-output", "error unknown-section"]],
    ["an output without a name", output() + section("OUTPUT", { Match: "*" }), ["error no-name"]],
    ["a name in capitals", output({ Name: "KINESIS" }), []],
    ["a name in a variable", output({ Name: "${N:-kinesis}" }), []],
  ])("of %s has the expected findings", async (_, text, expected) => {
    expect(await brief(text)).toEqual(expected);
  });

  it("names the output in C that the configuration has", async () => {
    expect(await adviceAbout(section("OUTPUT", { Name: "kinesis_streams" }))).toMatch(/kinesis_streams is Fluent Bit's own.*MIGRATION/);
  });
});

describe("other plugins", () => {
  it.each([
    ["[INPUT]\n    Name tial\n", ["error plugin-name"]],
    ["[INPUT]\n    Name TAIL\n", []],
    ["[OUTPUT]\n    Name cloudwatch\n    Match *\n", []],
    ["[OUTPUT]\n    Name http://127.0.0.1:80/x\n    Match *\n", []],
    ["[OUTPUT]\n    Name our_own_output\n    Match *\n", ["warning plugin-name"]],
    ["[OUTPUT]\n    Name ${NOT_SET}\n    Match *\n", []],
    ["[FILTER]\n    Name grep\n    Match ${NOT_SET}\n", []],
    ["[FILTER]\n    Name grep\n    Match_Regex .*\n", []],
    ["[FILTER]\n    Name grep\n", ["error filter-match"]],
  ])("must have known names, and filters need a Match: %j", async (text, expected) => {
    expect(await brief(text + output())).toEqual(expected);
  });
});

describe("files that Fluent Bit needs", () => {
  it("are looked for in the main file's folder, also those of an included file", async () => {
    files.write("parsers.conf", "[PARSER]\n    Name x\n");
    files.write("parts/service.conf", "[SERVICE]\n    parsers_file parsers.conf\n");
    expect(await found(`@INCLUDE parts/service.conf\n${output()}`)).toEqual([]);
    files.write("parts/service.conf", "[SERVICE]\n    parsers_file parts/parsers.conf\n");
    expect(await brief(`@INCLUDE parts/service.conf\n${output()}`)).toEqual(["error missing-file"]);
  });

  it("are not reported missing if they may be of another machine or a container", async () => {
    expect(await found(service({ parsers_file: "/of/another/machine/parsers.conf" }) + output())).toEqual([]);
    expect(await brief(service({ parsers_file: `${files.folder}/none.conf` }) + output())).toEqual(["error missing-file"]);
    const text = `apiVersion: v1\nkind: ConfigMap\ndata:\n  fluent-bit.conf: |\n${(service({ parsers_file: "none.conf" }) + output()).replaceAll(/^(?=.)/gmu, "    ")}`;
    expect(await files.findings("map.yaml", text)).toEqual([]);
  });
});

describe("the advice", () => {
  // Consumers rely on the present records: the first advice leaves each record as it is.
  it.each([
    [{ time_key: "t", data_keys: "log" }, /^Remove time_key/],
    [{ time_key: "t", log_key: "log" }, /^Remove time_key/],
    [{ log_key: "log", data_keys: "log" }, /^Remove data_keys$/],
    [{ append_newline: "true", compression: "zlib" }, /^Nothing, if/],
  ])("about %j changes no record", async (keys, advice) => {
    const findings = await found(output(keys));
    expect(findings).toMatchObject([{ advice: expect.stringMatching(advice) as string }]);
  });
});
