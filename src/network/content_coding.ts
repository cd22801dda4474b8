/** Decodes the body of a response (content-encoding). The plugin requests no encoding, but a proxy may add one. */
import type { IncomingHttpHeaders } from "node:http";
import type { CompressCallback, InputType } from "node:zlib";

type Decode = (body: InputType, limits: { readonly maxOutputLength: number }, over: CompressCallback) => void;

/** Supported encodings with their functions in node:zlib. Source: RFC 9110, 8.4.1; RFC 7932. */
const decoders = new Map([["gzip", "gunzip"], ["x-gzip", "gunzip"], ["deflate", "inflate"], ["br", "brotliDecompress"]] as const);

/** The header that requests no encoding. */
export const withoutEncoding = { "accept-encoding": "identity" } as const;

/**
 * Returns the decoded body. For a refusal that cannot be decoded, returns an empty body: its status is enough to report it.
 * @param maxBytes limits the decoded body, which may be a thousand times as large as the encoded one
 * @throws an error named EncodedResponse
 */
export async function plainBody(body: Buffer, status: number, headers: IncomingHttpHeaders, maxBytes: number): Promise<Buffer> {
  const encoding = encodingOf(headers);
  if (encoding === undefined) return body;
  try {
    return await decoded(body, encoding, maxBytes);
  } catch (error) {
    if (status < 400) throw error;
    return Buffer.alloc(0);
  }
}

/** Returns the encoding of a body, or undefined for a body without one. */
function encodingOf(headers: IncomingHttpHeaders): string | undefined {
  const encoding = (headers["content-encoding"] ?? "").trim().toLowerCase();
  return encoding === "" || encoding === "identity" ? undefined : encoding;
}

async function decoded(body: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  const decoder = (decoders as ReadonlyMap<string, "gunzip" | "inflate" | "brotliDecompress">).get(encoding);
  if (decoder === undefined) {
    throw encodedResponse(`the response has the encoding ${encoding.slice(0, 50)}, though no encoding was requested`);
  }
  // Loads node:zlib on first use: a response without an encoding never needs it.
  const decode: Decode = (await import("node:zlib"))[decoder];
  return new Promise((resolve, reject) => {
    decode(body, { maxOutputLength: maxBytes }, (error: NodeJS.ErrnoException | null, plain) => {
      if (error === null) return resolve(plain);
      const reason = error.code === "ERR_BUFFER_TOO_LARGE" ? `has more than ${maxBytes} bytes` : `is damaged (${error.code ?? error.message})`;
      reject(encodedResponse(`the response in ${encoding}, which was not requested, ${reason}`));
    });
  });
}

/** Returns the error: the next attempt most likely fails the same way, though the service may have accepted the request. */
function encodedResponse(message: string): Error {
  const hint = "; configure the proxy or endpoint not to encode responses: the request may have succeeded, and is sent again";
  return Object.assign(new Error(message + hint), { name: "EncodedResponse" });
}
