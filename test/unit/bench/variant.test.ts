// Tests the names of variants in BENCH_VARIANTS.
import { expect, it } from "vitest";
import { outputSection, parseVariant } from "../../bench/fluent_bit/variant.js";

const endpoint = { port: 4430, certificateFile: "authority.pem" };

it("an output alone runs with its own defaults", () => {
  const workload = { tags: 1, keys: 0 };
  expect(parseVariant("ours")).toEqual({ name: "ours", output: "ours", options: {}, workload, isCoreInProcess: false });
  expect(parseVariant("c-workers0")).toMatchObject({ options: { workers: "0" } });
});

it("a variant may have several tags, and a partition key with N values, which the C output does not have", () => {
  expect(parseVariant("ours-tags8-gzip")).toMatchObject({ options: { compression: "gzip" }, workload: { tags: 8, keys: 0 } });
  expect(parseVariant("peer-key40")).toMatchObject({ options: { partition_key: "customer" }, workload: { tags: 1, keys: 40 } });
  expect(parseVariant("c-key40")).toMatchObject({ options: {}, workload: { keys: 40 } });
});

it("the core may run in a separate process", () => {
  expect(parseVariant("ours-process-cbor")).toMatchObject({ options: { request_format: "cbor" }, isCoreInProcess: true });
});

it("modifiers and options of the output follow its name", () => {
  const { output, options } = parseVariant("peer-gzip-workers2+time_key=t+log_key=a=b");
  expect(output).toBe("peer");
  expect(options).toEqual({ workers: "2", compression: "gzip", time_key: "t", log_key: "a=b" });
});

it.each(["go", "ours-fast", "", "ours-workers", "ours-tags0", "ours-key"])("'%s' is rejected", (name) => {
  expect(() => parseVariant(name)).toThrow(/variant '/);
});

it("each output gets the server's address and certificate", () => {
  const ours = outputSection(parseVariant("ours"), endpoint);
  const c = outputSection(parseVariant("c"), endpoint);
  expect(ours).toMatchObject({ name: "kinesis", properties: { endpoint: "https://localhost:4430" } });
  expect(c).toMatchObject({ name: "kinesis_streams", properties: { port: "4430", "tls.ca_file": "authority.pem" } });
  expect(outputSection(parseVariant("null"), endpoint)).toEqual({ name: "null", properties: {} });
});
