/** The SDK's ways to assume roles: a script of its own in the bundle, loaded when there is a role to assume. */
export { fromTemporaryCredentials, fromWebToken } from "@aws-sdk/credential-providers";
