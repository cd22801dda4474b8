// Tests the choice between OpenSSL's MD5 and the package's, and that both are equal.
import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { type CreateHash, lateMd5 } from "../../../src/pack/md5.js";
import { md5 as md5OfPackage } from "../../../src/pack/md5_package.js";

const unexpected = async (): Promise<never> => Promise.reject(new Error("not to be loaded"));
const refusing: CreateHash = () => {
  throw new Error("error:0308010C:digital envelope routines::unsupported");
};
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

it("lateMd5 uses OpenSSL's MD5 where it exists, and loads no package", async () => {
  const { ready, md5 } = lateMd5(createHash, unexpected, expect.unreachable);
  await ready();
  expect(hex(md5(Buffer.from("abc")))).toBe("900150983cd24fb0d6963f7d28e17f72");
});

it("lateMd5 uses the package's MD5 where OpenSSL refuses it, and reports that once", async () => {
  const reasons: string[] = [];
  let loads = 0;
  const load = async () => Promise.resolve((loads++, md5OfPackage));
  const { ready, md5 } = lateMd5(refusing, load, (reason) => reasons.push(reason));
  await Promise.all([ready(), ready()]);
  await ready();
  expect(hex(md5(Buffer.from("abc")))).toBe("900150983cd24fb0d6963f7d28e17f72");
  expect({ loads, reasons }).toEqual({ loads: 1, reasons: ["error:0308010C:digital envelope routines::unsupported"] });
});

it("lateMd5 rejects when the package cannot be loaded, and loads it again the next time", async () => {
  let loads = 0;
  const load = async () => (++loads === 1 ? Promise.reject(new Error("no memory")) : Promise.resolve(md5OfPackage));
  const { ready, md5 } = lateMd5(refusing, load, () => undefined);
  await expect(ready()).rejects.toThrow("no memory");
  await ready();
  expect(md5(new Uint8Array(0))).toHaveLength(16);
});

it.each([0, 1, 55, 56, 63, 64, 65, 1000, 1_048_576])("the package's MD5 of %i bytes equals OpenSSL's", (bytes) => {
  const content = Uint8Array.from({ length: bytes + 3 }, (_, at) => (at * 31) & 0xff).subarray(3);
  expect(hex(md5OfPackage(content))).toBe(createHash("md5").update(content).digest("hex"));
});
