// Tests the addresses of requests to Kinesis and STS: by region and partition, FIPS, dual stack, and endpoint settings.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { exchange } from "../../../src/network/exchange.js";
import { createKinesisClient } from "../../../src/kinesis/api.js";
import type { ConnectionOptions } from "../../../src/kinesis/connection_options.js";
import { CredentialSettings } from "../../support/credential_settings.js";
import { entryOf, tableOf } from "../../support/entry.js";
import { bodiesFor } from "../../support/request_bodies.js";

let sending: typeof exchange;
vi.mock("../../../src/network/exchange.js", () => ({ exchange: ((...request) => sending(...request)) as typeof exchange }));

const entry = entryOf({ data: Buffer.from("x"), partitionKey: "k" });
const roleArn = "arn:aws:iam::222222222222:role/plugin";

let settings: CredentialSettings;
let addresses: string[];

beforeEach(() => {
  settings = new CredentialSettings();
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "dummy-secret");
  addresses = [];
  // Replaces the network: notes the address of each request, and rejects it.
  const reject = (scheme: string, hostname: string, port: number | undefined, authorization: unknown): Promise<never> => {
    const region = /\/\d{8}\/([\w-]+)\//u.exec(String(authorization))?.[1];
    addresses.push(`${scheme}//${hostname}${port === undefined ? "" : `:${port}`} ${region ?? "unsigned"}`);
    return Promise.reject(Object.assign(new Error("no network"), { name: "NoNetwork" }));
  };
  sending = ({ isSecure, hostname, port }, { headers }) =>
    reject(isSecure ? "https:" : "http:", hostname, port, headers.authorization);
});

afterEach(() => {
  vi.restoreAllMocks();
  settings.remove();
});

/** Returns scheme, host and signing region of the first request; the error's message without a request. */
async function addressOf(options: Partial<ConnectionOptions>): Promise<string | undefined> {
  const none = { profile: undefined, roleArn: undefined, externalId: undefined, stsEndpoint: undefined };
  const connection = { region: "us-east-1", stream: "logs", endpoint: undefined, requestTimeoutMs: 0, ...none, ...options };
  const client = createKinesisClient(connection, settings.credentials(connection), "1", bodiesFor(connection.stream));
  const outcome = await client.putRecords(...tableOf([entry]));
  client.close();
  return addresses.shift() ?? ("message" in outcome ? outcome.message : undefined);
}

const both = "AWS_USE_FIPS_ENDPOINT AWS_USE_DUALSTACK_ENDPOINT";

describe.each([
  ["us-east-1", "", "kinesis.us-east-1.amazonaws.com", "sts.us-east-1.amazonaws.com"],
  ["us-east-1", "AWS_USE_FIPS_ENDPOINT", "kinesis-fips.us-east-1.amazonaws.com", "sts-fips.us-east-1.amazonaws.com"],
  ["us-east-1", "AWS_USE_DUALSTACK_ENDPOINT", "kinesis.us-east-1.api.aws", "sts.us-east-1.api.aws"],
  ["us-east-1", both, "kinesis-fips.us-east-1.api.aws", "sts-fips.us-east-1.api.aws"],
  ["eu-central-1", "", "kinesis.eu-central-1.amazonaws.com", "sts.eu-central-1.amazonaws.com"],
  ["cn-north-1", "", "kinesis.cn-north-1.amazonaws.com.cn", "sts.cn-north-1.amazonaws.com.cn"],
  ["us-gov-west-1", "", "kinesis.us-gov-west-1.amazonaws.com", "sts.us-gov-west-1.amazonaws.com"],
  ["us-gov-west-1", "AWS_USE_FIPS_ENDPOINT", "kinesis.us-gov-west-1.amazonaws.com", "sts.us-gov-west-1.amazonaws.com"],
  ["us-iso-east-1", "", "kinesis.us-iso-east-1.c2s.ic.gov", "sts.us-iso-east-1.c2s.ic.gov"],
  ["us-isob-east-1", "", "kinesis.us-isob-east-1.sc2s.sgov.gov", "sts.us-isob-east-1.sc2s.sgov.gov"],
])("in %s with %j", (region, variables, kinesisHost, stsHost) => {
  it("the hosts are those of the partition", async () => {
    for (const name of variables.split(" ").filter(Boolean)) vi.stubEnv(name, "true");
    expect(await addressOf({ region })).toBe(`https://${kinesisHost} ${region}`);
    expect(await addressOf({ region, roleArn })).toBe(`https://${stsHost} ${region}`);
  });
});

describe("the shared files", () => {
  it("turn on FIPS and dual stack for the profile of the option", async () => {
    settings.write("credentials", "[secure]\naws_access_key_id = AKID\naws_secret_access_key = s\n");
    const config = "[profile secure]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n";
    vi.stubEnv("AWS_CONFIG_FILE", settings.write("secure-config", config));
    expect(await addressOf({ profile: "secure" })).toBe("https://kinesis-fips.us-east-1.api.aws us-east-1");
    expect(await addressOf({ profile: "secure", roleArn })).toBe("https://sts-fips.us-east-1.api.aws us-east-1");
    expect(await addressOf({})).toBe("https://kinesis.us-east-1.amazonaws.com us-east-1");
  });
});

describe("the ARN of a stream", () => {
  it("leads to the address of its account, in the region", async () => {
    const stream = "arn:aws:kinesis:eu-west-1:123456789012:stream/logs";
    expect(await addressOf({ region: "eu-west-1", stream })).toBe("https://123456789012.data-kinesis.eu-west-1.amazonaws.com eu-west-1");
  });

  it("in China leads to its address in China", async () => {
    const stream = "arn:aws-cn:kinesis:cn-north-1:123456789012:stream/logs";
    const expected = "https://123456789012.data-kinesis.cn-north-1.amazonaws.com.cn cn-north-1";
    expect(await addressOf({ region: "cn-north-1", stream })).toBe(expected);
  });

  it("does not override the option endpoint", async () => {
    const stream = "arn:aws:kinesis:us-east-1:123456789012:stream/logs";
    expect(await addressOf({ stream, endpoint: "https://localhost:4567" })).toBe("https://localhost:4567 us-east-1");
  });
});

describe("given endpoints", () => {
  it("are used unchanged, also with FIPS and dual stack in the environment", async () => {
    for (const name of both.split(" ")) vi.stubEnv(name, "true");
    expect(await addressOf({ endpoint: "http://localhost:4567" })).toBe("http://localhost:4567 us-east-1");
    const options = { roleArn, endpoint: "http://localhost:4567", stsEndpoint: "https://sts.example" };
    expect(await addressOf(options)).toBe("https://sts.example us-east-1");
  });

  it("of AWS_ENDPOINT_URL_KINESIS override AWS_ENDPOINT_URL, and the options override both", async () => {
    vi.stubEnv("AWS_ENDPOINT_URL", "http://localhost:1");
    expect(await addressOf({})).toBe("http://localhost:1 us-east-1");
    expect(await addressOf({ roleArn })).toBe("http://localhost:1 us-east-1");
    vi.stubEnv("AWS_ENDPOINT_URL_KINESIS", "http://localhost:2");
    vi.stubEnv("AWS_ENDPOINT_URL_STS", "http://localhost:3");
    expect(await addressOf({})).toBe("http://localhost:2 us-east-1");
    expect(await addressOf({ roleArn })).toBe("http://localhost:3 us-east-1");
    expect(await addressOf({ endpoint: "http://localhost:4" })).toBe("http://localhost:4 us-east-1");
    expect(await addressOf({ roleArn, stsEndpoint: "http://localhost:5" })).toBe("http://localhost:5 us-east-1");
  });
});
