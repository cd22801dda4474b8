/** Builds the user agent, in the Go plugin's form, by which AWS distinguishes its plugins. */

/** The plugin's name in user agents. */
export const product = "fluent-bit-kinesis-node";

/**
 * Returns a user agent such as "aws-fluent-bit-plugin (linux) fluent-bit-kinesis-node/1.2.3 lang/js md/nodejs#18.20.4". Its start
 * is that of CustomUserAgentHandler in github.com/aws/amazon-kinesis-firehose-for-fluent-bit, plugins/user_agent.go; its end has
 * the form of the AWS SDKs.
 * @param platform Node's name of the operating system
 */
export function userAgentOf(platform: NodeJS.Platform, version: string, nodeVersion: string): string {
  return `${userAgentPrefix(platform)} ${product}/${version} lang/js md/nodejs#${nodeVersion}`;
}

/** Returns the Go plugin's name for itself and the platform. Windows is "windows" there, not "win32". */
export function userAgentPrefix(platform: NodeJS.Platform): string {
  return platform === "win32" ? "aws-fluent-bit-plugin-windows (windows)" : `aws-fluent-bit-plugin (${platform})`;
}
