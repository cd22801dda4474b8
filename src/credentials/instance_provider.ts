/** The SDK's way to EC2's instance metadata: a script of its own in the bundle, loaded when it is asked. */
export { fromInstanceMetadata } from "@aws-sdk/credential-providers";
