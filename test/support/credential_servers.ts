// Starts servers of credentials on this machine: a container endpoint, EC2 instance metadata, and SSO.
import { ScriptedService, type ServedResponse } from "./scripted_service.js";

const expiration = "2099-01-01T00:00:00Z";

/** Starts an endpoint like that of ECS and EKS Pod Identity; `token` returns the required Authorization header. */
export function startContainerEndpoint(keyId: string, token: () => string | undefined): Promise<ScriptedService> {
  return ScriptedService.start(({ method, path, headers }): ServedResponse => {
    if (method !== "GET" || path !== "/v2/credentials?id=7") return { status: 404, body: "{}" };
    if (headers.authorization !== token()) return { status: 401, body: JSON.stringify({ code: "InvalidToken", message: "no" }) };
    const credentials = { AccessKeyId: keyId, SecretAccessKey: "secret", Token: "session", Expiration: expiration };
    return { body: JSON.stringify(credentials) };
  });
}

/** Starts a server of IMDSv2 (EC2 User Guide, Use IMDSv2). */
export function startInstanceMetadata(keyId: string): Promise<ScriptedService> {
  return ScriptedService.start(({ method, path, headers }): ServedResponse => {
    if (method === "PUT" && path === "/latest/api/token") {
      const isTimed = headers["x-aws-ec2-metadata-token-ttl-seconds"] === "21600";
      return isTimed ? { body: "metadata-token" } : { status: 400, body: "" };
    }
    if (method !== "GET") return { status: 405, body: "" };
    if (headers["x-aws-ec2-metadata-token"] !== "metadata-token") return { status: 401, body: "" };
    if (path === "/latest/meta-data/iam/security-credentials/") return { body: "host-role" };
    if (path !== "/latest/meta-data/iam/security-credentials/host-role") return { status: 404, body: "" };
    const credentials = { Code: "Success", AccessKeyId: keyId, SecretAccessKey: "secret", Token: "session", Expiration: expiration };
    return { body: JSON.stringify(credentials) };
  });
}

/** Starts a server of IAM Identity Center's GetRoleCredentials. */
export function startSingleSignOn(keyId: string, accessToken: string): Promise<ScriptedService> {
  return ScriptedService.start(({ method, path, headers }): ServedResponse => {
    const { pathname, searchParams } = new URL(path, "http://localhost");
    const asked = `${method} ${pathname} ${searchParams.get("account_id")} ${searchParams.get("role_name")}`;
    if (asked !== "GET /federation/credentials 123456789012 writer") return { status: 404, body: "{}" };
    if (headers["x-amz-sso_bearer_token"] !== accessToken) return { status: 401, body: "{}" };
    const roleCredentials = { accessKeyId: keyId, secretAccessKey: "secret", sessionToken: "session", expiration: Date.parse(expiration) };
    return { body: JSON.stringify({ roleCredentials }) };
  });
}
