/** Classifies TLS errors: OpenSSL uses one kind of error for transient faults and for wrong setups. */
import type { RequestFailure } from "../delivery/kinesis_client.js";

/** A TLS fault, as part of a request's failure. */
export type TlsFault = Pick<RequestFailure, "code" | "message" | "cause">;

/**
 * OpenSSL's reasons for a broken connection, bytes damaged in transit, or an overloaded server. All other reasons concern
 * certificates, protocols, ciphers and ports: the next attempt fails the same way.
 */
const transient = /UNEXPECTED_EOF|BAD_RECORD_MAC|DECRYPTION_FAILED|ALERT_(?:DECRYPT_ERROR|INTERNAL_ERROR|USER_CANCELL?ED|CLOSE_NOTIFY)|AFTER_CLOSE_NOTIFY|PROTOCOL_IS_SHUTDOWN/u;

/** Reasons for a peer that does not use TLS. */
const notTls = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|HTTPS_PROXY_REQUEST|UNKNOWN_PROTOCOL|NOT_SSL/u;
/** Reasons for peers without a common version or cipher. */
const noCommonVersion = /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS|HANDSHAKE_FAILURE|CIPHER|INSUFFICIENT_SECURITY|VERSION_TOO_LOW/u;

/**
 * Returns the TLS fault, or undefined for an error that is not OpenSSL's. Node puts the reason into the code
 * (ERR_SSL_WRONG_VERSION_NUMBER), or only into the message of EPROTO:
 * "write EPROTO 4027…:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/…".
 */
export function readTlsFault(code: string, message: string): TlsFault | undefined {
  const [, before = "", after = ""] = /^(.*?)(?:\w+ EPROTO )?[\dA-F]+:error:[\dA-F]+:SSL routines:[^:]*:([^:\n]+)/su.exec(message) ?? [];
  const isProtocol = code === "EPROTO" && after !== "";
  if (!code.startsWith("ERR_SSL_") && !isProtocol) return undefined;
  const reason = isProtocol ? after.toUpperCase().replace(/\W+/gu, "_") : code.slice("ERR_SSL_".length);
  const text = `${before}TLS failed: ${reason.toLowerCase().replaceAll("_", " ")}`;
  const name = `ERR_SSL_${reason}`;
  if (transient.test(reason)) return { code: name, message: text, cause: "transient" };
  return { code: name, message: `${text}${hintFor(reason)}`, cause: "setup" };
}

function hintFor(reason: string): string {
  if (notTls.test(reason)) return " (the server there does not speak TLS: check the scheme and the port of the address, and the proxy)";
  if (noCommonVersion.test(reason)) return " (no TLS version or cipher in common: check which ones the endpoint or the proxy allows)";
  return " (check the certificates, AWS_CA_BUNDLE, and any proxy in between)";
}
