/** The SDK's ways to single sign-on and logins of profiles: a script of its own in the bundle, loaded when one is asked. */
export { fromIni } from "@aws-sdk/credential-providers";
