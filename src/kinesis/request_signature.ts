/**
 * Signs POST requests of one operation, which differ only in body, time and credentials.
 *
 * Source: AWS Signature Version 4 (IAM User Guide, "Create a signed AWS API request").
 */
import { createHash, createHmac } from "node:crypto";
import type { Credentials } from "../credentials/renewing_credentials.js";

/** The constant parts of the requests. */
export interface SignedRequest {
  readonly host: string;
  readonly path: string;
  /** Value of x-amz-target: the operation. */
  readonly target: string;
  readonly region: string;
  readonly service: string;
}

/** The headers to send: the signed ones and the signature. Other headers need no signature. */
export type SignedHeaders = Readonly<Record<string, string>>;

const algorithm = "AWS4-HMAC-SHA256";

/** Signs POST requests without a query. */
export class RequestSigner {
  readonly #request: SignedRequest;
  readonly #canonicalPath: string;
  /** Signing key for {@link #keyOf}. */
  #key: Buffer | undefined;
  /** Day and secret of the signing key. */
  #keyOf = "";

  constructor(request: SignedRequest) {
    this.#request = request;
    this.#canonicalPath = canonicalPath(request.path);
  }

  /** Returns the headers for a body. @param nowMs milliseconds since the epoch */
  sign(body: Uint8Array, contentType: string, credentials: Credentials, nowMs: number): SignedHeaders {
    const { host, target, region, service } = this.#request;
    // 20260102T030405Z
    const time = new Date(nowMs).toISOString().replace(/[:-]|\.\d{3}/gu, "");
    const day = time.slice(0, 8);
    const { sessionToken: token } = credentials;
    // Sorted by name, as in the canonical request.
    const signed: Record<string, string> = {
      "content-type": contentType,
      host,
      "x-amz-date": time,
      ...(token === undefined || token === "" ? {} : { "x-amz-security-token": token }),
      "x-amz-target": target,
    };
    const names = Object.keys(signed).join(";");
    const lines = Object.entries(signed).map(([name, value]) => `${name}:${value}\n`).join("");
    const canonical = `POST\n${this.#canonicalPath}\n\n${lines}\n${names}\n${sha256(body)}`;
    const scope = `${day}/${region}/${service}/aws4_request`;
    const text = `${algorithm}\n${time}\n${scope}\n${sha256(canonical)}`;
    const signature = createHmac("sha256", this.#keyFor(credentials.secretAccessKey, day)).update(text).digest("hex");
    signed["authorization"] = `${algorithm} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
    return signed;
  }

  #keyFor(secret: string, day: string): Buffer {
    const keyOf = `${day} ${secret}`;
    if (this.#key === undefined || keyOf !== this.#keyOf) {
      const { region, service } = this.#request;
      this.#key = [day, region, service, "aws4_request"].reduce<Buffer>(
        (key, part) => createHmac("sha256", key).update(part).digest(),
        Buffer.from(`AWS4${secret}`),
      );
      this.#keyOf = keyOf;
    }
    return this.#key;
  }
}

/** Returns a path as it is signed: dot segments and empty ones removed, then encoded, existing `%` escapes included. */
function canonicalPath(path: string): string {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  const encoded = names.map((name) => encodeURIComponent(name).replace(/[!'()*]/gu, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`));
  return `/${encoded.join("/")}${encoded.length > 0 && path.endsWith("/") ? "/" : ""}`;
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
