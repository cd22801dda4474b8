// A local Security Token Service (STS): AssumeRole and AssumeRoleWithWebIdentity, as in the AWS STS API Reference.
import { ScriptedService, type ServedResponse, type ServedRequest } from "./scripted_service.js";

/** A call that the service received. */
export interface TokenCall {
  readonly action: string;
  readonly form: URLSearchParams;
  /** Key of the signature; undefined if the call was not signed. */
  readonly signer: string | undefined;
}

/** Returns the key ID in a request's signature; undefined for an unsigned request. */
export function signerOf(request: ServedRequest | undefined): string | undefined {
  return /Credential=([^/]+)\//u.exec(request?.headers.authorization ?? "")?.[1];
}

const headers = { "content-type": "text/xml" };

/** Responds with the key ID AKID plus the role's name in capitals, or with `refusal` when set. */
export class LocalTokenService {
  readonly calls: TokenCall[] = [];
  expiration = "2099-01-01T00:00:00Z";
  refusal: { readonly status: number; readonly code: string; readonly message: string } | undefined;
  readonly #service: ScriptedService;

  private constructor(service: ScriptedService) {
    this.#service = service;
  }

  static async start(): Promise<LocalTokenService> {
    const started: LocalTokenService = new LocalTokenService(await ScriptedService.start((request) => started.#respond(request)));
    return started;
  }

  get endpoint(): string {
    return this.#service.endpoint;
  }

  stop(): Promise<void> {
    return this.#service.stop();
  }

  #respond(request: ServedRequest): ServedResponse {
    const form = new URLSearchParams(request.body);
    const action = form.get("Action") ?? "";
    this.calls.push({ action, form, signer: signerOf(request) });
    const session = form.get("RoleSessionName") ?? "";
    const isKnown = action === "AssumeRole" || action === "AssumeRoleWithWebIdentity";
    if (request.method !== "POST" || request.path !== "/" || !isKnown || !/^[\w+=,.@-]{2,64}$/u.test(session)) {
      return { status: 400, headers, body: error("ValidationError", `${request.method} ${request.path} ${action} ${session}`) };
    }
    if (action === "AssumeRoleWithWebIdentity" && signerOf(request) !== undefined) {
      return { status: 400, headers, body: error("ValidationError", "must not be signed") };
    }
    if (this.refusal !== undefined) {
      return { status: this.refusal.status, headers, body: error(this.refusal.code, this.refusal.message) };
    }
    const role = form.get("RoleArn")?.split("/")[1] ?? "";
    return {
      headers,
      body: `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>
        <AssumedRoleUser><AssumedRoleId>AROA:s</AssumedRoleId><Arn>arn:aws:sts::1:assumed-role/${role}/${session}</Arn></AssumedRoleUser>
        <Credentials><AccessKeyId>AKID${role.toUpperCase()}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
        <SessionToken>token of ${role}</SessionToken><Expiration>${this.expiration}</Expiration></Credentials>
        </${action}Result></${action}Response>`,
    };
  }
}

function error(code: string, message: string): string {
  return `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
}
