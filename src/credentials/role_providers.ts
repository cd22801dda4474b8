/** Exports the SDK's providers that assume roles. A separate script in the bundle, loaded when there is a role to assume. */
export { fromTemporaryCredentials, fromWebToken } from "@aws-sdk/credential-providers";
