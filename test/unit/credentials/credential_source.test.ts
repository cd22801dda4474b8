// Tests the expected source of credentials, before any source is called.
import { expect, it } from "vitest";
import { credentialSource } from "../../../src/credentials/credential_source.js";

const nothing = { profile: undefined, eksPodExecutionRole: undefined, roleArn: undefined };
const keys = { AWS_ACCESS_KEY_ID: "AKID", AWS_SECRET_ACCESS_KEY: "secret" };
const role = "arn:aws:iam::123456789012:role/";

it.each([
  [{}, "the shared files, else EC2 instance metadata"],
  [keys, "the environment"],
  [{ ...keys, AWS_SECRET_ACCESS_KEY: "" }, "the shared files, else EC2 instance metadata"],
  [{ AWS_WEB_IDENTITY_TOKEN_FILE: "/token" }, "the web identity token"],
  [{ AWS_PROFILE: "logs" }, "profile 'logs', else EC2 instance metadata"],
  [{ AWS_SDK_LOAD_CONFIG: "1", AWS_DEFAULT_PROFILE: "old" }, "profile 'old', else EC2 instance metadata"],
  [{ AWS_ACCESS_KEY: "AKID", AWS_SECRET_KEY: "secret" }, "the environment"],
  [{ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/v2" }, "the shared files, else the container's endpoint"],
  [{ AWS_EC2_METADATA_DISABLED: "TRUE" }, "the shared files"],
])("environment %o leads to %s", (environment, source) => {
  expect(credentialSource(nothing, environment)).toBe(source);
});

it("the option profile overrides all sources", () => {
  expect(credentialSource({ ...nothing, profile: "logs" }, keys)).toBe("profile 'logs'");
});

it("the roles are named in the order in which they are assumed, and no key is shown", () => {
  const options = { ...nothing, roleArn: `${role}two`, eksPodExecutionRole: `${role}one` };
  expect(credentialSource(options, keys)).toBe(`the environment, then role ${role}one, then role ${role}two`);
});
