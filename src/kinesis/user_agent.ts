/** The user agent of requests in the Go plugin's form, by which AWS tells its plugins apart. */
import type { BuildMiddleware, Pluggable } from "@smithy/types";

const product = "fluent-bit-kinesis-node";

/**
 * Puts the Go plugin's name before the SDK's own user agent: "aws-fluent-bit-plugin (linux)
 * fluent-bit-kinesis-node/1.2.3 aws-sdk-js/3.967.0 …". The form is that of CustomUserAgentHandler in
 * github.com/aws/amazon-kinesis-firehose-for-fluent-bit, plugins/user_agent.go. x-amz-user-agent, where the SDK repeats
 * its name and version, gets the product at its end.
 * @param platform Node's name of the operating system
 */
export function userAgentPlugin<Input extends object, Output extends object>(
  platform: NodeJS.Platform,
  version: string,
): Pluggable<Input, Output> {
  const prefix = userAgentPrefix(platform);
  const addNames: BuildMiddleware<Input, Output> = (next) => (args) => {
    const { headers } = args.request as { headers: Record<string, string> };
    headers["user-agent"] = `${prefix} ${product}/${version} ${headers["user-agent"] ?? ""}`.trimEnd();
    headers["x-amz-user-agent"] = `${headers["x-amz-user-agent"] ?? ""} ${product}/${version}`.trimStart();
    return next(args);
  };
  return {
    applyToStack(stack) {
      stack.addRelativeTo(addNames, { name: "pluginUserAgent", relation: "after", toMiddleware: "getUserAgentMiddleware" });
    },
  };
}

/** As the Go plugin names itself and its platform, where Windows is "windows" and not "win32". */
export function userAgentPrefix(platform: NodeJS.Platform): string {
  return platform === "win32" ? "aws-fluent-bit-plugin-windows (windows)" : `aws-fluent-bit-plugin (${platform})`;
}
