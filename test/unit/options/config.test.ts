// Tests every option: its default, its values, and the error about an invalid value.
import { describe, expect, it } from "vitest";
import { readConfig, type Config } from "../../../src/options/config.js";
import { ConfigurationError } from "../../../src/configuration_error.js";
import { inTimeZone } from "../../support/time_zone.js";
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
  throw new Error("no error was thrown");
}

describe("the zone of time_key", () => {
  it.each([
    [undefined, "1969-12-31 19:00 -0500 of +nothing"],
    ["local", "1969-12-31 19:00 -0500 of +nothing"],
    ["LOCAL", "1969-12-31 19:00 -0500 of +nothing"],
    ["UTC", "1970-01-01 00:00 +0000 UTC"],
    ["utc", "1970-01-01 00:00 +0000 UTC"],
    ["Asia/Kolkata", "1970-01-01 05:30 +0530 of Asia/Kolkata+19800"],
  ])("under time_key_zone %j is that zone", (zone, text) => {
    const options: Options = { ...required, time_key: "at", time_key_format: "%F %R %z %Z", ...(zone === undefined ? {} : { time_key_zone: zone }) };
    const config = readConfig((name) => options[name], new RecordedLog(), (_, named) => `of ${named?.name ?? ""}+${named?.seconds ?? "nothing"}`);
    expect(inTimeZone("America/New_York", () => config.record.time?.format.format(0, 0))).toBe(text);
  });
});

describe("without options besides stream and region", () => {
  it("the defaults are the Go plugin's", () => {
    expect(read(required)).toEqual({
      connection: {
        region: "us-west-2",
        profile: undefined,
        externalId: undefined,
        roleSessionName: undefined,
        roleDurationSeconds: undefined,
        stream: "logs",
        endpoint: undefined,
        roleArn: undefined,
        stsEndpoint: undefined,
        requestTimeoutMs: 0,
        responseTimeoutMs: 10_000,
      },
      record: {
        partitionKey: undefined,
        dataKeys: undefined,
        exceptKeys: undefined,
        logKey: undefined,
        appendNewline: false,
        time: undefined,
        tagKey: undefined,
        metadataKey: undefined,
        replaceDots: undefined,
      },
      limits: { maxRecordBytes: 1_048_576, maxRequestBytes: 10_485_760 },
      compression: undefined,
      requestFormat: "json",
      aggregation: undefined,
      simpleAggregation: false,
      retryTimeoutMs: 3000,
      concurrentRequests: 10,
      drainTimeoutMs: 20_000,
      concurrency: 0,
      concurrencyRetries: 4,
    });
  });

  it("an empty value counts as unset", () => {
    const empty = "partition_key data_keys log_key append_newline time_key time_key_format replace_dots role_arn " +
      "sts_endpoint endpoint aggregation compression experimental_concurrency experimental_concurrency_retries " +
      "http_request_timeout aggregation_maximum_record_size skip_aggregation_record_size profile external_id max_record_size retry_timeout request_format concurrent_requests drain_timeout time_key_zone tag_key metadata_key except_keys dead_letter_file dead_letter_file_size state_file role_session_name role_duration simple_aggregation";
    const options = Object.fromEntries(empty.split(" ").map((name) => [name, ""]));
    expect(read({ ...options, ...required })).toEqual(read(required));
  });

  it("aggregation has a limit of 1 MiB, and sends records of 20 KiB or more on their own", () => {
    expect(read(aggregating).aggregation).toEqual({ maximumRecordBytes: 1_048_576, skipRecordBytes: 20_480, serviceRecordBytes: 1_048_576 });
  });

  it("the format of time_key is that of ISO 8601 without a fraction", () => {
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
  ] as const)("are required: without %s, %j is rejected", (name, options) => {
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
    [{ http_request_timeout: "1" }, "responseTimeoutMs", 0],
    [{ http_request_timeout: "10" }, "requestTimeoutMs", 10_000],
    [{ http_request_timeout: "2147483" }, "requestTimeoutMs", 2_147_483_000],
    [{ http_request_timeout: "0" }, "responseTimeoutMs", 0],
    [{ http_request_timeout: "10" }, "responseTimeoutMs", 0],
    [{ http_request_timeout: "" }, "responseTimeoutMs", 10_000],
  ])("%j sets the connection's %s to %j", (options, name, expected) => {
    expect(read({ ...required, ...options }).connection[name]).toBe(expected);
  });

  it.each<[Options, keyof Config["record"], unknown]>([
    [{ partition_key: "id" }, "partitionKey", [[{ kind: "path", path: ["id"] }]]],
    [{ partition_key: "kubernetes->pod_name" }, "partitionKey", [[{ kind: "path", path: ["kubernetes", "pod_name"] }]]],
    [{ partition_key: "a->b->c" }, "partitionKey", [[{ kind: "path", path: ["a", "b", "c"] }]]],
    [{ partition_key: "logs" }, "partitionKey", [[{ kind: "path", path: ["logs"] }]]],
    [{ data_keys: "a" }, "dataKeys", ["a"]],
    [{ data_keys: "a, b ,c" }, "dataKeys", ["a", "b", "c"]],
    [{ data_keys: "a,,b," }, "dataKeys", ["a", "", "b", ""]],
    [{ data_keys: " , " }, "dataKeys", ["", ""]],
    [{ except_keys: "a, b ,c" }, "exceptKeys", ["a", "b", "c"]],
    [{ except_keys: "a,,b," }, "exceptKeys", ["a", "", "b", ""]],
    [{ tag_key: "tag" }, "tagKey", "tag"],
    [{ metadata_key: "metadata" }, "metadataKey", "metadata"],
    [{ log_key: "log" }, "logKey", "log"],
    [{ append_newline: "true" }, "appendNewline", true],
    [{ append_newline: "TRUE" }, "appendNewline", true],
    [{ append_newline: "yes" }, "appendNewline", false],
    [{ append_newline: "1" }, "appendNewline", false],
    [{ replace_dots: "_" }, "replaceDots", "_"],
    [{ time_key_format: "%!" }, "time", undefined],
  ])("%j sets the record's %s to %j", (options, name, expected) => {
    expect(read({ ...required, ...options }).record[name]).toEqual(expected);
  });

  it.each<[Options, Exclude<keyof Config, "connection" | "record">, unknown]>([
    [{ compression: "gzip" }, "compression", "gzip"],
    [{ compression: "GZIP" }, "compression", "gzip"],
    [{ compression: "Zlib" }, "compression", "zlib"],
    [{ compression: "zstd" }, "compression", "zstd"],
    [{ compression: "ZStd" }, "compression", "zstd"],
    [{ compression: "snappy" }, "compression", "snappy"],
    [{ compression: "Snappy" }, "compression", "snappy"],
    [{ simple_aggregation: "True" }, "simpleAggregation", true],
    [{ simple_aggregation: "true", aggregation: "on" }, "simpleAggregation", true],
    [{ simple_aggregation: "on", aggregation: "true" }, "simpleAggregation", false],
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
    [{ max_record_size: "4096" }, "limits", { maxRecordBytes: 4096, maxRequestBytes: 10_485_760 }],
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
  ])("%j sets %s to %j", (options, name, expected) => {
    expect(read({ ...required, ...options })[name]).toEqual(expected);
  });

  it("of time_key_format formats times in the local zone, with its abbreviation", () => {
    const format = read({ ...required, time_key: "t", time_key_format: "%L %f %Z" }).record.time?.format;
    expect(format?.format(0, 123_456_789)).toBe("123 123456 CEST");
  });
});

describe("an invalid value is rejected with its name, the value and what is allowed", () => {
  const stream = "must be a stream's name (letters, digits, '_', '.', '-') or its ARN";
  const endpoint = "must be a host name or a URL such as https://kinesis.us-west-2.amazonaws.com";
  const role = "must be the ARN of an IAM role such as arn:aws:iam::123456789012:role/name";
  const compression = "must be 'zlib', 'gzip', 'zstd', 'snappy', 'none', or undefined";

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
    ["compression", "lz4", compression],
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
    ["role_session_name", "x", "must be 2 to 64 letters, digits and characters of _+=,.@-"],
    ["role_session_name", "x".repeat(65), "must be 2 to 64 letters, digits and characters of _+=,.@-"],
    ["role_session_name", "a b", "must be 2 to 64 letters, digits and characters of _+=,.@-"],
    ["role_session_name", "a/b", "must be 2 to 64 letters, digits and characters of _+=,.@-"],
    ["role_session_name", "ab\n", "must be 2 to 64 letters, digits and characters of _+=,.@-"],
    ["role_duration", "899", "must be a whole number from 900 to 43200"],
    ["role_duration", "43201", "must be a whole number from 900 to 43200"],
    ["role_duration", "1h", "must be a whole number from 900 to 43200"],
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

  it.each(["Mars/Base", "CEST", "+01:00", "Europe/Berlin,UTC"])("time_key_zone = %s, even without time_key", (value) => {
    expect(messageOf({ ...required, time_key_zone: value })).toContain(
      `Invalid 'time_key_zone' value (${value}) specified, must be 'local', 'UTC' or a zone of the tz database such as Europe/Berlin`,
    );
  });

  it.each(["%!", "%Q", "%", "%Y-%"])("time_key_format = %s", (value) => {
    const message = messageOf({ ...required, time_key: "time", time_key_format: value });
    expect(message).toContain(`Invalid 'time_key_format' value (${value}) specified`);
    expect(message).toContain("strftime(3)");
  });

  it("simple_aggregation together with aggregation", () => {
    const message = messageOf({ ...required, simple_aggregation: "true", aggregation: "true" });
    expect(message).toBe("Invalid 'simple_aggregation' value (true) specified, must not be true together with 'aggregation', which packs records in another format");
  });

  it.each([
    [{ tag_key: "x", time_key: "x" }, "'time_key' and 'tag_key' are both 'x', but each needs its own key"],
    [{ metadata_key: "x", time_key: "x" }, "'time_key' and 'metadata_key' are both 'x', but each needs its own key"],
    [{ metadata_key: "x", tag_key: "x" }, "'tag_key' and 'metadata_key' are both 'x', but each needs its own key"],
    [{ data_keys: "a", except_keys: "b" }, "'except_keys' cannot be set together with 'data_keys'; remove one of the two"],
  ])("%j together", (options, message) => {
    expect(messageOf({ ...required, ...options })).toBe(message);
  });

  it.each(["log", "$log", "$['log']", "pod, log", "log ,pod"])("partition_key = %s", (key) => {
    expect(messageOf({ ...required, partition_key: key })).toBe("'log' cannot be set as the partition key");
  });

  it("partition_key with log among other parts is accepted", () => {
    for (const key of ["log->id", "$log['id']", "$TAG-$log", "logs"]) expect(read({ ...required, partition_key: key }).record.partitionKey).toBeDefined();
  });

  it("partition_key = pod,$, which is not a key expression", () => {
    expect(messageOf({ ...required, partition_key: "pod,$" })).toBe(
      "Invalid 'partition_key' value (pod,$) specified, a name, ['a key'] or TAG must follow $ (at \"$\"); must be a key such as pod or " +
        "kubernetes->pod_name, a text such as $kubernetes['pod_name']-$TAG[1], or several, separated by commas",
    );
  });
});

describe("the log", () => {
  const parameters = (options: Options) => logOf(options).at("debug").filter((line) => line.startsWith("plugin parameter"));

  it("has a line for each parameter that is set, in order, with its value", () => {
    const values = {
      stream: "logs", region: "us-west-2", data_keys: "a,b", partition_key: "id", role_arn: "arn:aws:iam::123456789012:role/name",
      endpoint: "localhost", sts_endpoint: "localhost:1", append_newline: "true", time_key: "time", time_key_format: "%Y",
      experimental_concurrency: "1", experimental_concurrency_retries: "2", log_key: "a", aggregation: "true", compression: "gzip",
      replace_dots: "-", http_request_timeout: "3", aggregation_maximum_record_size: "2000", skip_aggregation_record_size: "4",
      profile: "me", external_id: "…", max_record_size: "5000", retry_timeout: "5", request_format: "cbor",
      concurrent_requests: "6", drain_timeout: "7",
    };
    const logged = parameters({ ...values, external_id: "shared-id" });
    expect(logged).toEqual(Object.entries(values).map(([name, value]) => `plugin parameter ${name} = '${value}'`));
  });

  it("has no line for a parameter that is unset or empty", () => {
    const expected = ["plugin parameter stream = 'logs'", "plugin parameter region = 'us-west-2'"];
    expect(parameters({ stream: "logs", region: "us-west-2", profile: "" })).toEqual(expected);
  });

  it.each([
    ["endpoint", "https://user@host"],
    ["sts_endpoint", "https://:word@host"],
  ])("does not show a user or a password in %s, nor does the error about it", (name, value) => {
    expect(messageOf({ ...required, [name]: value })).toBe(
      `Invalid '${name}' value (…) specified, must not hold a user or a password`,
    );
  });

  it("shows neither the external ID nor an address with a password", () => {
    const log = new RecordedLog();
    expect(() => read({ ...required, external_id: "hidden-id", endpoint: "https://me:hidden-word@host" }, log)).toThrow("'endpoint'");
    expect(log.at("debug")).toContain("plugin parameter external_id = '…'");
    expect(log.at("debug")).toContain("plugin parameter endpoint = '…'");
    expect(log.at("debug").join("\n")).not.toContain("hidden");
  });

  it("has no lines at level info: an output writes its one line there when it starts", () => {
    expect(logOf({ ...required, partition_key: "id", append_newline: "true" }).at("info")).toEqual([]);
  });

  it("has the parameters even when one is invalid", () => {
    const log = new RecordedLog();
    expect(() => read({ stream: "logs" }, log)).toThrow(ConfigurationError);
    expect(log.at("debug")).toContain("plugin parameter stream = 'logs'");
  });

  const random = "no partition key provided. A random one will be generated.";

  it("has a line about random partition keys without partition_key only", () => {
    expect(logOf(required).at("debug")).toContain(random);
    expect(logOf({ ...required, partition_key: "id" }).at("debug")).not.toContain(random);
  });

  it.each<[string, Options, RegExp[]]>([
    ["aggregation with a partition key", { aggregation: "true", partition_key: "id" }, [/partition_key' has different behavior/]],
    ["an ARN of another region", { stream: "arn:aws:kinesis:eu-west-1:123456789012:stream/logs" }, [/in eu-west-1, but requests go to 'region' us-west-2/]],
    ["an ARN of the region", { stream: "arn:aws:kinesis:us-west-2:123456789012:stream/logs" }, []],
    ["aggregation without one", { aggregation: "true" }, []],
    ["a partition key alone", { partition_key: "id" }, []],
    ["concurrency, which loses nothing", { experimental_concurrency: "10", experimental_concurrency_retries: "0" }, []],
    ["an option that is neither true nor off", { aggregation: "On", append_newline: "yes" },
      [/^'append_newline' is 'yes', but only 'true' turns it on/, /^'aggregation' is 'On', but only 'true' turns it on/]],
    ["an option that is true", { aggregation: "True", append_newline: "TRUE" }, []],
    ["an option that is off", { aggregation: "False", append_newline: "off" }, []],
    ["a zone without a time", { time_key_zone: "UTC" }, [/^'time_key_zone' has no effect without 'time_key'$/]],
    ["a zone with a time", { time_key: "at", time_key_zone: "UTC" }, []],
    ["an option that is off in other words", { aggregation: "0", append_newline: "No" }, []],
  ])("has the expected warnings for %s", (_, options, warnings) => {
    const found = logOf({ ...required, ...options }).at("warning");
    expect(found).toHaveLength(warnings.length);
    warnings.forEach((warning, index) => expect(found[index]).toMatch(warning));
  });
});

describe("profile and external_id", () => {
  const role_arn = "arn:aws:iam::123456789012:role/writer";

  it("are used unchanged", () => {
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
  ])("an external_id %s is rejected with an error that does not show it", (_, external_id) => {
    const message = messageOf({ ...required, role_arn, external_id });
    expect(message).toBe("Invalid 'external_id' value (…) specified, must be 2 to 1224 letters, digits and characters of _+=,.@:/-");
  });

  it("an external_id without role_arn leads to a warning that does not show it", () => {
    expect(logOf({ ...required, external_id: "theirs" }).at("warning")).toEqual(["'external_id' has no effect without 'role_arn'"]);
    expect(logOf({ ...required, role_arn, external_id: "theirs" }).at("warning")).toEqual([]);
  });
});

describe("role_session_name and role_duration", () => {
  const role_arn = "arn:aws:iam::123456789012:role/writer";

  it.each(["ab", "x".repeat(64), "a_+=,.@-9"])("the session may have the name %s", (role_session_name) => {
    expect(read({ ...required, role_arn, role_session_name }).connection.roleSessionName).toBe(role_session_name);
  });

  it.each([900, 901, 43_199, 43_200])("the credentials may last %i s", (seconds) => {
    expect(read({ ...required, role_arn, role_duration: String(seconds) }).connection.roleDurationSeconds).toBe(seconds);
  });

  it("lead to warnings without role_arn", () => {
    const warnings = ["'role_session_name' has no effect without 'role_arn'", "'role_duration' has no effect without 'role_arn'"];
    const options = { role_session_name: "logs", role_duration: "900" };
    expect(logOf({ ...required, ...options }).at("warning")).toEqual(warnings);
    expect(logOf({ ...required, ...options, role_arn }).at("warning")).toEqual([]);
  });
});

describe("an address", () => {
  const longest = `${"a".repeat(63)}.`.repeat(3) + "b".repeat(61);

  it.each(["localhost:4566", "https://[::1]:1", "10.0.0.1", "my_host.example", longest])("may be %s", (endpoint) => {
    expect(read({ ...required, endpoint }).connection.endpoint).toContain(endpoint);
  });

  it.each(["${HOST}", "$(id)", "`id`", "a'b", `${longest}b`, "a\nb\u0000"])("may not be %j, which is not a host name", (endpoint) => {
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
  ])("with a size of '%s' is renamed at %i bytes", (size, maxBytes) => {
    expect(read({ ...file, dead_letter_file_size: size }).deadLetters).toEqual({ file: "/var/lib/fluent-bit/dropped", maxBytes });
  });

  it.each(["63999", "1000000000001", "1001g", "0", "-1", "10t", "10 m", "m", "1e6", "1.m", "0x10000", "10kk"])("is rejected with a size of %s", (size) => {
    expect(messageOf({ ...file, dead_letter_file_size: size })).toBe(
      `Invalid 'dead_letter_file_size' value (${size}) specified, must be a size from 64k to 1000g, in bytes or with k, m or g`,
    );
  });

  it("is off when unset, and a size alone leads to a warning", () => {
    expect(read(required).deadLetters).toBeUndefined();
    expect(logOf({ ...required, dead_letter_file_size: "1m" }).at("warning")).toEqual(["'dead_letter_file_size' has no effect without 'dead_letter_file'"]);
    expect(logOf({ ...file, dead_letter_file_size: "1m" }).at("warning")).toEqual([]);
  });
});

it("state_file is off when unset, and may be any path", () => {
  expect(read(required).stateFile).toBeUndefined();
  expect(read({ ...required, state_file: "C:\\state\\kinesis" }).stateFile).toBe("C:\\state\\kinesis");
});

it("state_file cannot be the file of dead_letter_file", () => {
  const options = { ...required, state_file: "/var/lib/one", dead_letter_file: "/var/lib/one" };
  expect(messageOf(options)).toBe("Invalid 'state_file' value (/var/lib/one) specified, must differ from 'dead_letter_file'");
  expect(read({ ...options, dead_letter_file: "/var/lib/other" }).stateFile).toBe("/var/lib/one");
});
