/** Tells the faults of TLS that somebody must mend from those that pass: OpenSSL has one kind of error for both. */
import type { RequestFailure } from "../delivery/kinesis_client.js";

/** A fault of TLS, as a request's failure has it. */
export type TlsFault = Pick<RequestFailure, "code" | "message" | "cause">;

/**
 * Reasons of OpenSSL for a connection that broke off, bytes that were damaged on their way, or a server that is overloaded. All
 * others are of certificates, protocols, ciphers and ports, and the next attempt meets them again.
 */
const passing = /UNEXPECTED_EOF|BAD_RECORD_MAC|DECRYPTION_FAILED|ALERT_(?:DECRYPT_ERROR|INTERNAL_ERROR|USER_CANCELL?ED|CLOSE_NOTIFY)|AFTER_CLOSE_NOTIFY|PROTOCOL_IS_SHUTDOWN/u;

/** Reasons of a peer that speaks something else than TLS. */
const noTls = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|HTTPS_PROXY_REQUEST|UNKNOWN_PROTOCOL|NOT_SSL/u;
const versions = /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS|HANDSHAKE_FAILURE|CIPHER|INSUFFICIENT_SECURITY|VERSION_TOO_LOW/u;

/**
 * Returns the fault; undefined when an error is not of OpenSSL's. Node has its reason in the code (ERR_SSL_WRONG_VERSION_NUMBER),
 * or only in the message of EPROTO: "write EPROTO 4027…:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/…".
 */
export function readTlsFault(code: string, message: string): TlsFault | undefined {
  const [, before = "", after = ""] = /^(.*?)(?:\w+ EPROTO )?[\dA-F]+:error:[\dA-F]+:SSL routines:[^:]*:([^:\n]+)/su.exec(message) ?? [];
  const isProtocol = code === "EPROTO" && after !== "";
  if (!code.startsWith("ERR_SSL_") && !isProtocol) return undefined;
  const reason = isProtocol ? after.toUpperCase().replace(/\W+/gu, "_") : code.slice("ERR_SSL_".length);
  const told = `${before}TLS failed: ${reason.toLowerCase().replaceAll("_", " ")}`;
  const named = `ERR_SSL_${reason}`;
  if (passing.test(reason)) return { code: named, message: told, cause: "transient" };
  return { code: named, message: `${told}${hintFor(reason)}`, cause: "setup" };
}

function hintFor(reason: string): string {
  if (noTls.test(reason)) return " (what answers there does not speak TLS: check the scheme and the port of the address, and the proxy)";
  if (versions.test(reason)) return " (both sides have no version or cipher of TLS in common: check what the endpoint or the proxy allows)";
  return " (check the certificates, AWS_CA_BUNDLE, and what lies in between)";
}
