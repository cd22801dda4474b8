/** Exports the SDK's provider for single sign-on and logins of profiles. A separate script in the bundle, loaded on demand. */
export { fromIni } from "@aws-sdk/credential-providers";
