// Tests the command that checks a configuration as a user starts it: output, exit status, and calls to AWS.
import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { Child } from "../support/child.js";
import { ConfigurationFolder, type Keys, output, section } from "../support/checked_configuration.js";
import { type Environment, pluginEnvironment } from "../support/environment.js";
import { REGION } from "../support/kinesis_local.js";
import { ScriptedService, type ServedResponse, type ServedRequest } from "../support/scripted_service.js";
import { useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const project = fileURLToPath(new URL("../..", import.meta.url));
const files = new ConfigurationFolder();
const streams = useStreams();
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
afterAll(() => files.remove());

/** Not spawnSync: the tests' services run in this process. */
async function run(args: readonly string[], environment: Environment = {}): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const env = pluginEnvironment({ LD_LIBRARY_PATH: undefined, FORCE_COLOR: undefined, INIT_CWD: undefined, FLUENT_BIT: undefined, PATH: "/nowhere", ...environment });
  const child = new Child(process.execPath, [`${project}/scripts/check.mjs`, ...args], { env, cwd: files.folder });
  const { status } = await child.ended;
  return { status, stdout: child.stdout, stderr: child.stderr };
}

function runLive(keys: Keys, environment: Environment = {}, text = "") {
  files.write("live.conf", text + output({ region: REGION, ...keys }));
  return run(["-c", "live.conf", "--live"], environment);
}

async function serve(answer: (action: string, request: ServedRequest) => ServedResponse): Promise<ScriptedService> {
  const actionOf = ({ headers }: ServedRequest) => String(headers["x-amz-target"]).split(".")[1] ?? "";
  const service = await ScriptedService.start((request) => answer(actionOf(request), request));
  stops.push(() => service.stop());
  return service;
}

const refuse = (code: string, message: string): ServedResponse => ({
  status: 400,
  headers: { "content-type": "application/x-amz-json-1.1" },
  body: JSON.stringify({ __type: code, message }),
});
const summary = (more: object = {}): ServedResponse => ({
  headers: { "content-type": "application/x-amz-json-1.1" },
  body: JSON.stringify({
    StreamDescriptionSummary: { StreamName: "logs", StreamStatus: "ACTIVE", OpenShardCount: 2, RetentionPeriodHours: 48, EncryptionType: "KMS", StreamModeDetails: { StreamMode: "ON_DEMAND" }, ...more },
  }),
});

describe("the check command", () => {
  it("ends with status 0 for warnings, through npm, for a path relative to npm's caller", () => {
    files.write("warned.conf", output({ Retry_Limit: undefined }));
    const env = pluginEnvironment({ LD_LIBRARY_PATH: undefined, INIT_CWD: undefined, FORCE_COLOR: undefined, FLUENT_BIT: "/nowhere/fluent-bit" });
    const args = ["--prefix", project, "run", "--silent", "check", "--", "warned.conf"];
    const { status, stdout } = spawnSync("npm", args, { cwd: files.folder, env, encoding: "utf8" });
    expect(stdout).toMatch(/^warned\.conf:1: warning: Retry_Limit is not set/);
    expect(stdout).toMatch(/1 kinesis output.*: 0 errors, 1 warning, 0 hints\.\n$/);
    expect(status).toBe(0);
  });

  it("ends with status 1 for errors, also as JSON", async () => {
    files.write("wrong.yaml", "pipeline:\n  outputs:\n    - name: kinesis\n      strem: x\n");
    const { status, stdout } = await run(["-c", "wrong.yaml", "--json"]);
    const { findings } = JSON.parse(stdout) as { findings: { file: string; line: number; message: string }[] };
    expect(findings).toContainEqual(expect.objectContaining({ severity: "error", file: "wrong.yaml", line: 4, rule: "unknown-option" }));
    expect(status).toBe(1);
  });

  it.each([
    ["no file is named", []],
    ["an option is unknown", ["-c", "x.conf", "--fix"]],
    ["the file does not exist", ["-c", "none.conf"]],
    ["the file is a folder", ["-c", "."]],
    ["two files are named", ["a.conf", "b.conf"]],
    ["the file of variables does not exist", ["a.conf", "--variables", "none"]],
    ["--fluent-bit names neither a version nor a program", ["a.conf", "--fluent-bit", "none"]],
  ])("ends with status 2 when %s", async (_, args) => {
    const { status, stdout, stderr } = await run(args);
    expect(stderr).toMatch(/^check: .+\nnpm run check -- --help/);
    expect([status, stdout]).toEqual([2, ""]);
  });

  it("ends with status 2 for an invalid line in the file of variables", async () => {
    files.write("plain.conf", output());
    files.write("variables", "A=b\nnone\n");
    const { status, stderr } = await run(["plain.conf", "--variables", "variables"]);
    expect(stderr).toMatch(/^check: variables:2: this line is not NAME=value\n/);
    expect(status).toBe(2);
  });

  it("reads variables from a file in the form of systemd and Docker", async () => {
    files.write("variable.conf", output({ region: "${R}", stream: "${S}" }));
    files.write("variables", "# why\n\nR=us-west-2\nexport S='logs'\n");
    expect(await run(["variable.conf", "--variables", "variables"], { R: "?" })).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^1 kinesis output.*: 0 errors, 0 warnings, 0 hints\.\n$/) as string,
    });
  });

  it("warns of the faults of the named or found Fluent Bit", async () => {
    files.write("two.conf", output() + output({ stream: "other" }));
    chmodSync(files.write("bin/fluent-bit", "#!/bin/sh\necho 'Fluent Bit v2.0.6'\necho 'Git commit: '\n"), 0o755);
    const program = `${files.folder}/bin/fluent-bit`;
    const told = /warning: Fluent Bit 2\.0\.6 has a fault \(two or more outputs.*\n.*2\.0\.7 or newer.*\n2 kinesis outputs for Fluent Bit 2\.0\.6: /;
    expect((await run(["two.conf", "--fluent-bit", "2.0.6"])).stdout).toMatch(told);
    expect((await run(["two.conf", "--fluent-bit", program])).stdout).toMatch(told);
    expect((await run(["two.conf"], { FLUENT_BIT: program })).stdout).toMatch(told);
    expect((await run(["two.conf"], { PATH: `${files.folder}/bin` })).stdout).toMatch(told);
    expect((await run(["two.conf", "--fluent-bit", "5.1.1"], { FLUENT_BIT: program })).stdout).toBe("2 kinesis outputs for Fluent Bit 5.1.1: 0 errors, 0 warnings, 0 hints.\n");
  });

  it("prints no colours without a terminal", async () => {
    files.write("plain.conf", output({ http_request_timeout: "0" }));
    expect((await run(["-c", "plain.conf"])).stdout).not.toContain("\u001b");
    expect((await run(["-c", "plain.conf"], { FORCE_COLOR: "1" })).stdout).toContain("\u001b[36mhint");
  });
});

describe("the option --live", () => {
  it("reports the stream and the source of the credentials", async () => {
    const stream = await streams.newStream(2);
    const { status, stdout } = await runLive({ stream, endpoint: streams.kinesis.endpoint });
    expect(stdout).toContain("live.conf:1: live: credentials: the environment\n");
    expect(stdout).toContain(`live.conf:1: live: stream ${stream}: ACTIVE, 2 open shards (provisioned), kept for 24 h, not encrypted\n`);
    expect(stdout).not.toMatch(/AKIDEXAMPLE|dummy-secret/);
    expect(status).toBe(0);
  });

  it("lists the shards if the plugin would", async () => {
    const stream = await streams.newStream();
    const keys = { stream, endpoint: streams.kinesis.endpoint, aggregation: "true", partition_key: "id" };
    const { status, stdout } = await runLive(keys, {}, section("SERVICE", { Flush: "10" }));
    expect(stdout).toContain("live: ListShards is allowed");
    expect(status).toBe(0);
  });

  it("reports that streams chosen by records are not checked", async () => {
    const { status, stdout } = await runLive({ stream: await streams.newStream(), endpoint: streams.kinesis.endpoint, stream_key: "logs-$TAG[1]" });
    expect(stdout).toContain("live.conf:1: live: stream_key chooses other streams by record or tag: they are not checked\n");
    expect(status).toBe(0);
  });

  it("reports a missing stream", async () => {
    const { status, stdout } = await runLive({ stream: "none", endpoint: streams.kinesis.endpoint });
    expect(stdout).toMatch(/live\.conf:5: error: DescribeStreamSummary failed with ResourceNotFoundException.*\n {4}Correct 'stream' and 'region'/);
    expect(status).toBe(1);
  });

  it("only warns of denied calls, since the plugin needs neither", async () => {
    const service = await serve((action) => refuse("AccessDeniedException", `not authorized to perform: kinesis:${action}`));
    const { status, stdout } = await runLive({ endpoint: service.endpoint, aggregation: "true", partition_key: "id" }, {}, section("SERVICE", { Flush: "10" }));
    expect(stdout).toMatch(/warning: DescribeStreamSummary failed with AccessDeniedException.*\n.*kinesis:PutRecords alone/);
    expect(stdout).toMatch(/warning: ListShards failed with AccessDeniedException.*\n.*Allow kinesis:ListShards/);
    expect(status).toBe(0);
  });

  it.each<[number, object, string, RegExp | undefined]>([
    [0, {}, "2097152", /error: max_record_size is 2097152, but the stream takes records of up to 1048576 bytes/],
    [0, { MaxRecordSizeInKiB: 2047 }, "2097152", /takes records of up to 2096128 bytes/],
    [0, { MaxRecordSizeInKiB: 2048 }, "2097152", undefined],
    [0, { StreamStatus: "DELETING" }, "4096", /error: the stream is being deleted/],
    [0, { StreamStatus: "CREATING" }, "4096", /warning: the stream is being created/],
    [0, { StreamStatus: "UPDATING" }, "4096", undefined],
  ])("compares the stream with the options (%i, %o)", async (_, more, bytes, problem) => {
    const service = await serve(() => summary(more));
    const { stdout } = await runLive({ endpoint: service.endpoint, max_record_size: bytes, skip_aggregation_record_size: "1" });
    expect(stdout).toMatch(/2 open shards \(on demand\), kept for 48 h, encrypted with KMS/);
    const problems = stdout.split("\n").filter((line) => /: (?:error|warning): /.test(line));
    expect(problems).toHaveLength(problem === undefined ? 0 : 1);
    if (problem !== undefined) expect(problems[0]).toMatch(problem);
  });

  it("assumes the output's role, and shows neither the external ID nor the session", async () => {
    const sts = await ScriptedService.start(() => ({
      headers: { "content-type": "text/xml" },
      body: "<AssumeRoleResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><AssumeRoleResult><Credentials><AccessKeyId>AKIDROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
    }));
    stops.push(() => sts.stop());
    const service = await serve(() => summary());
    const role = "arn:aws:iam::123456789012:role/logs";
    const keys = { endpoint: service.endpoint, sts_endpoint: sts.endpoint, role_arn: role, external_id: "very-private" };
    const { status, stdout } = await runLive(keys);
    expect(stdout).toContain(`live: credentials: the environment, then role ${role}\n`);
    expect(stdout).not.toMatch(/very-private|AKIDROLE|role-secret|role-token/);
    expect(sts.requests[0]?.body).toContain("ExternalId=very-private");
    expect(service.requests[0]?.headers.authorization).toContain("Credential=AKIDROLE/");
    expect(status).toBe(0);
  });

  it("reports missing credentials, and an endpoint that does not respond", async () => {
    const none = await runLive({}, { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined });
    expect(none.stdout).toMatch(/error: DescribeStreamSummary failed with CredentialsProviderError: no credentials were found/);
    expect(none.status).toBe(1);
    const silent = await runLive({ endpoint: "http://127.0.0.1:1" });
    expect(silent.stdout).toMatch(/error: DescribeStreamSummary failed with ECONNREFUSED.*\n.*Check 'endpoint'/);
  });

  it("names a source of credentials that does not respond", async () => {
    const sts = await ScriptedService.start(() => "silence");
    stops.push(() => sts.stop());
    const service = await serve(() => summary());
    const role = "arn:aws:iam::123456789012:role/logs";
    const { status, stdout } = await runLive({ endpoint: service.endpoint, sts_endpoint: sts.endpoint, role_arn: role });
    expect(stdout).toContain(`failed with CredentialsTimeout: no credentials within 10 s: no response from AssumeRole of ${role}\n    Make sure that the source`);
    expect(service.requests).toEqual([]);
    expect(status).toBe(1);
  });

  it("makes no call for an output with invalid options", async () => {
    const service = await serve(() => summary());
    const { status, stdout } = await runLive({ endpoint: service.endpoint, compression: "zip" });
    expect(stdout).toContain("live: not checked");
    expect(service.requests).toEqual([]);
    expect(status).toBe(1);
  });
});
