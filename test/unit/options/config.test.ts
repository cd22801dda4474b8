// Every option: its default, its values, and what is said about a wrong one.
import { describe, expect, it } from "vitest";
import { readConfig, type Config } from "../../../src/options/config.js";
import { ConfigurationError } from "../../../src/configuration_error.js";
import { RecordedLog } from "../../support/recorded_log.js";

type Options = Readonly<Record<string, string>>;

const required: Options = { region: "us-west-2", stream: "logs" };
const aggregating: Options = { ...required, aggregation: "true" };

function read(options: Options, log = new RecordedLog()): Config {
  return readConfig((key) => options[key], log, () => "CEST");
}

function logOf(options: Options): RecordedLog {
  const log = new RecordedLog();
  read(options, log);
  return log;
}

function messageOf(options: Options): string {
  try {
    read(options);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
}

describe("without options besides stream and region", () => {
  it("the defaults are the Go plugin's", () => {
    expect(read(required)).toEqual({
      connection: {
        region: "us-west-2",
        profile: undefined,
        externalId: undefined,
        stream: "logs",
        endpoint: undefined,
        roleArn: undefined,
        stsEndpoint: undefined,
        requestTimeoutMs: 0,
        answerTimeoutMs: 10_000,
      },
      record: {
        partitionKeyPath: [],
        dataKeys: undefined,
        logKey: undefined,
        appendNewline: false,
        time: undefined,
        replaceDots: undefined,
      },
      limits: { maxRecordBytes: 1_048_576, maxRequestBytes: 5_242_880 },
      compression: undefined,
      requestFormat: "json",
      aggregation: undefined,
      retryTimeoutMs: 3000,
      concurrentRequests: 10,
      drainTimeoutMs: 20_000,
      concurrency: 0,
      concurrencyRetries: 4,
    });
  });

  it("an empty value is the same as none", () => {
    const empty = "partition_key data_keys log_key append_newline time_key time_key_format replace_dots role_arn " +
      "sts_endpoint endpoint aggregation compression experimental_concurrency experimental_concurrency_retries " +
      "http_request_timeout aggregation_maximum_record_size skip_aggregation_record_size profile external_id max_record_size retry_timeout request_format concurrent_requests drain_timeout dead_letter_file dead_letter_file_size state_file";
    const options = Object.fromEntries(empty.split(" ").map((name) => [name, ""]));
    expect(read({ ...options, ...required })).toEqual(read(required));
  });

  it("aggregation has 1 MiB as its limit, and 20 KiB for records that go alone", () => {
    expect(read(aggregating).aggregation).toEqual({ maximumRecordBytes: 1_048_576, skipRecordBytes: 20_480, serviceRecordBytes: 1_048_576 });
  });

  it("the time's format is that of ISO 8601 without fraction", () => {
    const time = read({ ...required, time_key: "time" }).record.time;
    expect(time?.key).toBe("time");
    expect(time?.format.format(1_700_000_000, 0)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
  });
});

describe("stream and region", () => {
  it.each([
    ["stream", {}],
    ["stream", { region: "us-west-2" }],
    ["stream", { region: "us-west-2", stream: "" }],
    ["region", { stream: "logs" }],
    ["region", { stream: "logs", region: "" }],
  ] as const)("are required: without %s, %j is refused", (name, options) => {
    const message = `stream and region are required configuration parameters ('${name}' is not set)`;
    expect(messageOf(options)).toBe(message);
  });

  it.each(["a", "my_stream.1-b", "x".repeat(128), "arn:aws:kinesis:us-west-2:123456789012:stream/logs",
    "arn:aws-cn:kinesis:cn-north-1:123456789012:stream/logs",
  ])("may be the stream %s", (stream) => {
    expect(read({ ...required, stream }).connection.stream).toBe(stream);
  });
});

describe("a value", () => {
  it.each<[Options, keyof Config["connection"], unknown]>([
    [{ endpoint: "https://vpce-1.kinesis.us-west-2.vpce.amazonaws.com" }, "endpoint", "https://vpce-1.kinesis.us-west-2.vpce.amazonaws.com"],
    [{ endpoint: "http://localhost:4567" }, "endpoint", "http://localhost:4567"],
    [{ endpoint: "kinesis.us-west-2.amazonaws.com" }, "endpoint", "https://kinesis.us-west-2.amazonaws.com"],
    [{ endpoint: "localhost:4567" }, "endpoint", "https://localhost:4567"],
    [{ sts_endpoint: "sts.us-west-2.amazonaws.com" }, "stsEndpoint", "https://sts.us-west-2.amazonaws.com"],
    [{ role_arn: "arn:aws:iam::123456789012:role/a/b" }, "roleArn", "arn:aws:iam::123456789012:role/a/b"],
    [{ role_arn: "arn:aws-us-gov:iam::123456789012:role/a" }, "roleArn", "arn:aws-us-gov:iam::123456789012:role/a"],
    [{ http_request_timeout: "0" }, "requestTimeoutMs", 0],
    [{ http_request_timeout: "1" }, "requestTimeoutMs", 1000],
    [{ http_request_timeout: "1" }, "answerTimeoutMs", 0],
    [{ http_request_timeout: "10" }, "requestTimeoutMs", 10_000],
    [{ http_request_timeout: "2147483" }, "requestTimeoutMs", 2_147_483_000],
    [{ http_request_timeout: "0" }, "answerTimeoutMs", 0],
    [{ http_request_timeout: "10" }, "answerTimeoutMs", 0],
    [{ http_request_timeout: "" }, "answerTimeoutMs", 10_000],
  ])("%j gives the connection's %s %j", (options, name, expected) => {
    expect(read({ ...required, ...options }).connection[name]).toBe(expected);
  });

  it.each<[Options, keyof Config["record"], unknown]>([
    [{ partition_key: "id" }, "partitionKeyPath", ["id"]],
    [{ partition_key: "kubernetes->pod_name" }, "partitionKeyPath", ["kubernetes", "pod_name"]],
    [{ partition_key: "a->b->c" }, "partitionKeyPath", ["a", "b", "c"]],
    [{ partition_key: "logs" }, "partitionKeyPath", ["logs"]],
    [{ data_keys: "a" }, "dataKeys", ["a"]],
    [{ data_keys: "a, b ,c" }, "dataKeys", ["a", "b", "c"]],
    [{ data_keys: "a,,b," }, "dataKeys", ["a", "", "b", ""]],
    [{ data_keys: " , " }, "dataKeys", ["", ""]],
    [{ log_key: "log" }, "logKey", "log"],
    [{ append_newline: "true" }, "appendNewline", true],
    [{ append_newline: "TRUE" }, "appendNewline", true],
    [{ append_newline: "yes" }, "appendNewline", false],
    [{ append_newline: "1" }, "appendNewline", false],
    [{ replace_dots: "_" }, "replaceDots", "_"],
    [{ time_key_format: "%!" }, "time", undefined],
  ])("%j gives the record's %s %j", (options, name, expected) => {
    expect(read({ ...required, ...options }).record[name]).toEqual(expected);
  });

  it.each<[Options, Exclude<keyof Config, "connection" | "record">, unknown]>([
    [{ compression: "gzip" }, "compression", "gzip"],
    [{ compression: "GZIP" }, "compression", "gzip"],
    [{ compression: "Zlib" }, "compression", "zlib"],
    [{ compression: "none" }, "compression", undefined],
    [{ compression: "NONE" }, "compression", undefined],
    [{ request_format: "cbor" }, "requestFormat", "cbor"],
    [{ request_format: "CBOR" }, "requestFormat", "cbor"],
    [{ request_format: "json" }, "requestFormat", "json"],
    [{ aggregation: "True" }, "aggregation", { maximumRecordBytes: 1_048_576, skipRecordBytes: 20_480, serviceRecordBytes: 1_048_576 }],
    [{ aggregation: "on" }, "aggregation", undefined],
    [{ aggregation: "false" }, "aggregation", undefined],
    [{ aggregation: "true", aggregation_maximum_record_size: "1024" }, "aggregation", { maximumRecordBytes: 1024, skipRecordBytes: 20_480, serviceRecordBytes: 1_048_576 }],
    [{ aggregation: "true", skip_aggregation_record_size: "1" }, "aggregation", { maximumRecordBytes: 1_048_576, skipRecordBytes: 1, serviceRecordBytes: 1_048_576 }],
    [{ retry_timeout: "0" }, "retryTimeoutMs", 0],
    [{ retry_timeout: "3600" }, "retryTimeoutMs", 3_600_000],
    [{ max_record_size: "4096" }, "limits", { maxRecordBytes: 4096, maxRequestBytes: 5_242_880 }],
    [{ max_record_size: "1048577" }, "limits", { maxRecordBytes: 1_048_577, maxRequestBytes: 10_485_760 }],
    [{ max_record_size: "10485760" }, "limits", { maxRecordBytes: 10_485_760, maxRequestBytes: 10_485_760 }],
    [{ aggregation: "true", max_record_size: "4096" }, "aggregation", { maximumRecordBytes: 4096, skipRecordBytes: 20_480, serviceRecordBytes: 4096 }],
    [{ aggregation: "true", max_record_size: "10485760" }, "aggregation", { maximumRecordBytes: 1_048_576, skipRecordBytes: 20_480, serviceRecordBytes: 10_485_760 }],
    [{ aggregation: "true", max_record_size: "2000000", aggregation_maximum_record_size: "2000000", skip_aggregation_record_size: "2000000" },
      "aggregation", { maximumRecordBytes: 2_000_000, skipRecordBytes: 2_000_000, serviceRecordBytes: 2_000_000 }],
    [{ concurrent_requests: "1" }, "concurrentRequests", 1],
    [{ concurrent_requests: "50" }, "concurrentRequests", 50],
    [{ drain_timeout: "0" }, "drainTimeoutMs", 0],
    [{ drain_timeout: "3600" }, "drainTimeoutMs", 3_600_000],
    [{ experimental_concurrency: "0" }, "concurrency", 0],
    [{ experimental_concurrency: "10" }, "concurrency", 10],
    [{ experimental_concurrency_retries: "0" }, "concurrencyRetries", 0],
    [{ experimental_concurrency_retries: "1000" }, "concurrencyRetries", 1000],
  ])("%j gives %s %j", (options, name, expected) => {
    expect(read({ ...required, ...options })[name]).toEqual(expected);
  });

  it("of time_key_format is rendered in the local zone, with its abbreviation", () => {
    const format = read({ ...required, time_key: "t", time_key_format: "%L %f %Z" }).record.time?.format;
    expect(format?.format(0, 123_456_789)).toBe("123 123456 CEST");
  });
});

describe("a wrong value is refused by name, value and what is allowed", () => {
  const stream = "must be a stream's name (letters, digits, '_', '.', '-') or its ARN";
  const endpoint = "must be a host name or a URL such as https://kinesis.us-west-2.amazonaws.com";
  const role = "must be the ARN of an IAM role such as arn:aws:iam::123456789012:role/name";
  const compression = "must be 'zlib', 'gzip', 'none', or undefined";

  it.each([
    ["stream", "my stream", stream],
    ["stream", "x".repeat(129), stream],
    ["stream", "arn:aws:kinesis:us-west-2:12345678901:stream/logs", stream],
    ["stream", "arn:aws:kinesis:us-west-2:1234567890123:stream/logs", stream],
    ["stream", "arn:aws:firehose:us-west-2:123456789012:stream/logs", stream],
    ["region", "us west", "must be the code of an AWS region such as us-west-2"],
    ["region", "http://x", "must be the code of an AWS region such as us-west-2"],
    ["endpoint", "ftp://host", endpoint],
    ["endpoint", "a b", endpoint],
    ["endpoint", "https://", endpoint],
    ["sts_endpoint", "https://a:port", endpoint],
    ["role_arn", "name", role],
    ["role_arn", "arn:aws:iam::12:role/name", role],
    ["role_arn", "arn:aws:iam::123456789012:user/name", role],
    ["compression", "snappy", compression],
    ["compression", "gzip ", compression],
    ["request_format", "xml", "must be 'json', 'cbor', or undefined"],
    ["experimental_concurrency", "-1", "must be a whole number from 0 to 10"],
    ["experimental_concurrency", "11", "must be a whole number from 0 to 10"],
    ["experimental_concurrency", "two", "must be a whole number from 0 to 10"],
    ["experimental_concurrency", "1.5", "must be a whole number from 0 to 10"],
    ["experimental_concurrency", "1e1", "must be a whole number from 0 to 10"],
    ["experimental_concurrency_retries", "-1", "must be a whole number of 0 or more"],
    ["experimental_concurrency_retries", "many", "must be a whole number of 0 or more"],
    ["concurrent_requests", "0", "must be a whole number from 1 to 50"],
    ["concurrent_requests", "51", "must be a whole number from 1 to 50"],
    ["concurrent_requests", "-1", "must be a whole number from 1 to 50"],
    ["concurrent_requests", "ten", "must be a whole number from 1 to 50"],
    ["drain_timeout", "-1", "must be a whole number from 0 to 3600"],
    ["drain_timeout", "3601", "must be a whole number from 0 to 3600"],
    ["drain_timeout", "20s", "must be a whole number from 0 to 3600"],
    ["retry_timeout", "-1", "must be a whole number from 0 to 3600"],
    ["retry_timeout", "3601", "must be a whole number from 0 to 3600"],
    ["retry_timeout", "0.5", "must be a whole number from 0 to 3600"],
    ["http_request_timeout", "-1", "must be a whole number from 0 to 2147483"],
    ["http_request_timeout", "10s", "must be a whole number from 0 to 2147483"],
    ["http_request_timeout", "2147484", "must be a whole number from 0 to 2147483"],
    ["aggregation_maximum_record_size", "1023", "must be a whole number from 1024 to 1048576"],
    ["aggregation_maximum_record_size", "1048577", "must be a whole number from 1024 to 1048576"],
    ["aggregation_maximum_record_size", "1MB", "must be a whole number from 1024 to 1048576"],
    ["skip_aggregation_record_size", "0", "must be a whole number from 1 to 1048576"],
    ["skip_aggregation_record_size", "1048577", "must be a whole number from 1 to 1048576"],
    ["max_record_size", "4095", "must be a whole number from 4096 to 10485760"],
    ["max_record_size", "10485761", "must be a whole number from 4096 to 10485760"],
    ["max_record_size", "10MiB", "must be a whole number from 4096 to 10485760"],
  ])("%s = %s", (name, value, allowed) => {
    const message = messageOf({ ...aggregating, [name]: value });
    expect(message).toBe(`Invalid '${name}' value (${value}) specified, ${allowed}`);
  });

  it.each([
    ["aggregation_maximum_record_size", "2000001", "must be a whole number from 1024 to 2000000"],
    ["skip_aggregation_record_size", "2000001", "must be a whole number from 1 to 2000000"],
  ])("%s = %s, where max_record_size is 2000000", (name, value, allowed) => {
    const message = messageOf({ ...aggregating, max_record_size: "2000000", [name]: value });
    expect(message).toBe(`Invalid '${name}' value (${value}) specified, ${allowed}`);
  });

  it.each(["%!", "%Q", "%", "%Y-%"])("time_key_format = %s", (value) => {
    const message = messageOf({ ...required, time_key: "time", time_key_format: value });
    expect(message).toContain(`Invalid 'time_key_format' value (${value}) specified`);
    expect(message).toContain("strftime(3)");
  });

  it("partition_key = log", () => {
    expect(messageOf({ ...required, partition_key: "log" })).toBe("'log' cannot be set as the partition key");
  });
});

describe("the log", () => {
  const parameters = (options: Options) => logOf(options).at("info").filter((line) => line.startsWith("plugin parameter"));

  it("has a line for each parameter that is set, in order, with its value", () => {
    const values = {
      stream: "logs", region: "us-west-2", data_keys: "a,b", partition_key: "id", role_arn: "arn:aws:iam::123456789012:role/name",
      endpoint: "localhost", sts_endpoint: "localhost:1", append_newline: "true", time_key: "time", time_key_format: "%Y",
      experimental_concurrency: "1", experimental_concurrency_retries: "2", log_key: "a", aggregation: "true", compression: "gzip",
      replace_dots: "-", http_request_timeout: "3", aggregation_maximum_record_size: "2000", skip_aggregation_record_size: "4",
      profile: "me", external_id: "…", max_record_size: "5000", retry_timeout: "5", request_format: "cbor",
      concurrent_requests: "6", drain_timeout: "7",
    };
    const told = parameters({ ...values, external_id: "shared-id" });
    expect(told).toEqual(Object.entries(values).map(([name, value]) => `plugin parameter ${name} = '${value}'`));
  });

  it("has no line for a parameter that is unset or empty", () => {
    const told = ["plugin parameter stream = 'logs'", "plugin parameter region = 'us-west-2'"];
    expect(parameters({ stream: "logs", region: "us-west-2", profile: "" })).toEqual(told);
  });

  it.each([
    ["endpoint", "https://user@host"],
    ["sts_endpoint", "https://:word@host"],
  ])("the error about a user or a password in %s does not show it", (name, value) => {
    expect(messageOf({ ...required, [name]: value })).toBe(
      `Invalid '${name}' value (…) specified, must not hold a user or a password`,
    );
  });

  it("shows neither the external ID nor an address with a password", () => {
    const log = new RecordedLog();
    expect(() => read({ ...required, external_id: "hidden-id", endpoint: "https://me:hidden-word@host" }, log)).toThrow("'endpoint'");
    expect(log.at("info")).toContain("plugin parameter external_id = '…'");
    expect(log.at("info")).toContain("plugin parameter endpoint = '…'");
    expect(log.at("info").join("\n")).not.toContain("hidden");
  });

  it("tells the parameters even when one is wrong", () => {
    const log = new RecordedLog();
    expect(() => read({ stream: "logs" }, log)).toThrow(ConfigurationError);
    expect(log.at("info")).toContain("plugin parameter stream = 'logs'");
  });

  const random = "no partition key provided. A random one will be generated.";

  it("says that the partition key will be random, when it will be", () => {
    expect(logOf(required).at("info")).toContain(random);
    expect(logOf({ ...required, partition_key: "id" }).at("info")).not.toContain(random);
  });

  it.each<[string, Options, RegExp[]]>([
    ["aggregation with a partition key", { aggregation: "true", partition_key: "id" }, [/partition_key' has different behavior/]],
    ["an ARN of another region", { stream: "arn:aws:kinesis:eu-west-1:123456789012:stream/logs" }, [/in eu-west-1, but 'region' is us-west-2/]],
    ["an ARN of the region", { stream: "arn:aws:kinesis:us-west-2:123456789012:stream/logs" }, []],
    ["aggregation without one", { aggregation: "true" }, []],
    ["a partition key alone", { partition_key: "id" }, []],
    ["concurrency, which loses nothing", { experimental_concurrency: "10", experimental_concurrency_retries: "0" }, []],
    ["an option that is not quite true", { aggregation: "On", append_newline: "yes" },
      [/^'append_newline' is 'yes', and only 'true' turns it on/, /^'aggregation' is 'On', and only 'true' turns it on/]],
    ["an option that is true", { aggregation: "True", append_newline: "TRUE" }, []],
    ["an option that is off", { aggregation: "False", append_newline: "off" }, []],
    ["the same in other words", { aggregation: "0", append_newline: "No" }, []],
  ])("warns where it should: %s", (_, options, warnings) => {
    const found = logOf({ ...required, ...options }).at("warning");
    expect(found).toHaveLength(warnings.length);
    warnings.forEach((warning, index) => expect(found[index]).toMatch(warning));
  });
});

describe("profile and external_id", () => {
  const role_arn = "arn:aws:iam::123456789012:role/writer";

  it("are taken as they are", () => {
    const { connection } = read({ ...required, role_arn, profile: "my profile", external_id: "a_+=,.@:/-9" });
    expect(connection).toMatchObject({ profile: "my profile", externalId: "a_+=,.@:/-9" });
  });

  it.each([2, 1224])("an external_id of %i characters is allowed", (length) => {
    const external_id = "x".repeat(length);
    expect(read({ ...required, role_arn, external_id }).connection.externalId).toBe(external_id);
  });

  it.each([
    ["of 1 character", "q"],
    ["of 1225 characters", "q".repeat(1225)],
    ["with a blank", "q q"],
    ["with a newline", "qq\n"],
    ["with a letter of another script", "qqé"],
  ])("an external_id %s is refused, without showing it", (_, external_id) => {
    const message = messageOf({ ...required, role_arn, external_id });
    expect(message).toBe("Invalid 'external_id' value (…) specified, must be 2 to 1224 letters, digits and characters of _+=,.@:/-");
  });

  it("an external_id without role_arn is a warning, which does not show it", () => {
    expect(logOf({ ...required, external_id: "theirs" }).at("warning")).toEqual(["'external_id' has no effect without 'role_arn'"]);
    expect(logOf({ ...required, role_arn, external_id: "theirs" }).at("warning")).toEqual([]);
  });
});

describe("an address", () => {
  const longest = `${"a".repeat(63)}.`.repeat(3) + "b".repeat(61);

  it.each(["localhost:4566", "https://[::1]:1", "10.0.0.1", "my_host.example", longest])("may be %s", (endpoint) => {
    expect(read({ ...required, endpoint }).connection.endpoint).toContain(endpoint);
  });

  it.each(["${HOST}", "$(id)", "`id`", "a'b", `${longest}b`, "a\nb\u0000"])("may not be %j, which is no host's name", (endpoint) => {
    expect(() => read({ ...required, endpoint })).toThrow("'endpoint'");
  });
});

describe("dead_letter_file", () => {
  const file = { ...required, dead_letter_file: "/var/lib/fluent-bit/dropped" };

  it.each([
    ["", 100_000_000],
    ["64k", 64_000],
    ["64000", 64_000],
    ["1.5m", 1_500_000],
    ["2MB", 2_000_000],
    ["3Kb".replace("3", "300"), 300_000],
    ["1000g", 1_000_000_000_000],
  ])("with a size of '%s' is put aside at %i bytes", (size, maxBytes) => {
    expect(read({ ...file, dead_letter_file_size: size }).deadLetters).toEqual({ file: "/var/lib/fluent-bit/dropped", maxBytes });
  });

  it.each(["63999", "1000000000001", "1001g", "0", "-1", "10t", "10 m", "m", "1e6", "1.m", "0x10000", "10kk"])("is refused with a size of %s", (size) => {
    expect(messageOf({ ...file, dead_letter_file_size: size })).toBe(
      `Invalid 'dead_letter_file_size' value (${size}) specified, must be a size from 64k to 1000g, in bytes or with k, m or g`,
    );
  });

  it("is off when unset, and a size alone has no effect and is told", () => {
    expect(read(required).deadLetters).toBeUndefined();
    expect(logOf({ ...required, dead_letter_file_size: "1m" }).at("warning")).toEqual(["'dead_letter_file_size' has no effect without 'dead_letter_file'"]);
    expect(logOf({ ...file, dead_letter_file_size: "1m" }).at("warning")).toEqual([]);
  });
});

it("state_file is off when unset, and any path", () => {
  expect(read(required).stateFile).toBeUndefined();
  expect(read({ ...required, state_file: "C:\\state\\kinesis" }).stateFile).toBe("C:\\state\\kinesis");
});

it("state_file cannot be the file of dead letters", () => {
  const options = { ...required, state_file: "/var/lib/one", dead_letter_file: "/var/lib/one" };
  expect(messageOf(options)).toBe("Invalid 'state_file' value (/var/lib/one) specified, must not be that of 'dead_letter_file'");
  expect(read({ ...options, dead_letter_file: "/var/lib/other" }).stateFile).toBe("/var/lib/one");
});
