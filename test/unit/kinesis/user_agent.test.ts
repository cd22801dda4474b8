// Tests the start of the user agent, as amazon-kinesis-firehose-for-fluent-bit/plugins/user_agent.go sets it.
import { expect, it } from "vitest";
import { userAgentPrefix } from "../../../src/kinesis/user_agent.js";

it.each([
  ["linux", "aws-fluent-bit-plugin (linux)"],
  ["darwin", "aws-fluent-bit-plugin (darwin)"],
  ["win32", "aws-fluent-bit-plugin-windows (windows)"],
] as const)("the user agent on %s begins with %s", (platform, name) => {
  expect(userAgentPrefix(platform)).toBe(name);
});
