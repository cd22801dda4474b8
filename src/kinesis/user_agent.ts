/** Names the plugin to the service, in the Go plugin's form, by which AWS distinguishes its plugins. */

/** The plugin's name in user agents. */
export const product = "fluent-bit-kinesis-node";

/**
 * Returns a user agent such as "aws-fluent-bit-plugin (linux) fluent-bit-kinesis-node/1.2.3 lang/js md/nodejs#18.20.4". The
 * beginning is that of CustomUserAgentHandler in github.com/aws/amazon-kinesis-firehose-for-fluent-bit,
 * plugins/user_agent.go; the end is in the form of the AWS SDKs.
 * @param platform Node's name of the operating system
 */
export function userAgentOf(platform: NodeJS.Platform, version: string, nodeVersion: string): string {
  return `${userAgentPrefix(platform)} ${product}/${version} lang/js md/nodejs#${nodeVersion}`;
}

/** As the Go plugin names itself and its platform, where Windows is "windows" and not "win32". */
export function userAgentPrefix(platform: NodeJS.Platform): string {
  return platform === "win32" ? "aws-fluent-bit-plugin-windows (windows)" : `aws-fluent-bit-plugin (${platform})`;
}
