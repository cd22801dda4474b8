/** Computes MD5 without OpenSSL. */
import { md5 as md5Of } from "@noble/hashes/legacy";
import type { Md5 } from "./aggregated_record.js";

/** MD5 in JavaScript. */
export const md5: Md5 = (bytes) => md5Of(bytes);
