/** Tests that the message for a failed call says what to do. */
import { describe, expect, it } from "vitest";
import type { StreamLocation } from "../../../scripts/command_line.js";
import { explain } from "../../../scripts/stream_errors.js";
import { sdkError } from "../../support/scripted_stream.js";

const place: StreamLocation = { stream: "s", region: "us-west-2", endpoint: undefined, profile: undefined };
const reading = { name: "reading", actions: "kinesis:ListShards, kinesis:GetShardIterator and kinesis:GetRecords", keyAction: "kms:Decrypt" };
const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });
const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });

describe("explain", () => {
  it.each([
    [sdkError("ResourceNotFoundException"), {}, ["no stream 's' in us-west-2", "--stream, --region and --profile"]],
    [named("Error", "Region is missing"), {}, ["--region us-west-2", "AWS_REGION"]],
    [named("CredentialsProviderError", "Could not load"), {}, ["AWS_ACCESS_KEY_ID", "aws sso login"]],
    [named("CredentialsProviderError", "Could not resolve"), { profile: "p" }, ["profile 'p'", "--profile p"]],
    [named("TokenProviderError", "SSO expired"), {}, ["no credentials", "aws sso login"]],
    [sdkError("ExpiredTokenException"), {}, ["rejected", "renew"]],
    [sdkError("AccessDeniedException"), {}, ["kinesis:ListShards", "kinesis:GetRecords"]],
    [sdkError("KMSAccessDeniedException"), {}, ["kms:Decrypt"]],
    [refused, { endpoint: "http://localhost:1" }, ["http://localhost:1 can't be reached", "ECONNREFUSED", "--endpoint"]],
    [refused, {}, ["Kinesis in us-west-2 can't be reached", "HTTPS_PROXY"]],
    [named("TimeoutError", "no answer"), { region: undefined }, ["Kinesis in the configured region can't be reached"]],
    [named("ConfigurationError", "HTTPS_PROXY is wrong"), {}, ["HTTPS_PROXY is wrong"]],
    [sdkError("InternalFailureException", 500), {}, ["InternalFailureException: InternalFailureException happened"]],
  ])("says for %s what to do", (error, changes, parts) => {
    const complaint = explain(error, { ...place, ...changes }, reading);
    for (const part of parts) expect(complaint).toContain(part);
  });
});
