/** The SDK's reading of the shared files: a script of its own in the bundle, loaded when a profile is asked. */
export { fromIni } from "@aws-sdk/credential-providers";
