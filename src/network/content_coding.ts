/** Decodes a response's body (content-encoding). The plugin asks for no encoding, but a proxy may add one. */
import type { IncomingHttpHeaders } from "node:http";
import type { CompressCallback, InputType } from "node:zlib";

type Decode = (body: InputType, limits: { readonly maxOutputLength: number }, over: CompressCallback) => void;

/** Encodings that Node knows, with the names of its functions. Source: RFC 9110, 8.4.1; RFC 7932. */
const decoders = new Map([["gzip", "gunzip"], ["x-gzip", "gunzip"], ["deflate", "inflate"], ["br", "brotliDecompress"]] as const);

/** Asks for no encoding. */
export const withoutEncoding = { "accept-encoding": "identity" } as const;

/**
 * Returns the body without its encoding; an empty one for a refusal that cannot be read, which still has its status to tell.
 * @param maxBytes limits the decoded body: a thousandth of it may have come
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

/** Returns the encoding; undefined when the body is as it should be. */
function encodingOf(headers: IncomingHttpHeaders): string | undefined {
  const encoding = (headers["content-encoding"] ?? "").trim().toLowerCase();
  return encoding === "" || encoding === "identity" ? undefined : encoding;
}

async function decoded(body: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  const decoder = (decoders as ReadonlyMap<string, "gunzip" | "inflate" | "brotliDecompress">).get(encoding);
  if (decoder === undefined) {
    throw encodedResponse(`the answer has the encoding ${encoding.slice(0, 50)}, though no encoding was requested`);
  }
  // Node's zlib is loaded with it, which no proper answer needs.
  const decode: Decode = (await import("node:zlib"))[decoder];
  return new Promise((resolve, reject) => {
    decode(body, { maxOutputLength: maxBytes }, (error: NodeJS.ErrnoException | null, plain) => {
      if (error === null) return resolve(plain);
      const reason = error.code === "ERR_BUFFER_TOO_LARGE" ? `has more than ${maxBytes} bytes` : `is damaged (${error.code ?? error.message})`;
      reject(encodedResponse(`the answer in ${encoding}, which was not requested, ${reason}`));
    });
  });
}

/** The next attempt most likely meets it too, and the service may have done its work. */
function encodedResponse(message: string): Error {
  const hint = "; let the proxy or endpoint in between leave responses as they are, for the request may have succeeded and is sent again";
  return Object.assign(new Error(message + hint), { name: "EncodedResponse" });
}
