// The names of variants in BENCH_VARIANTS.
import { expect, it } from "vitest";
import { outputSection, parseVariant } from "../../bench/fluent_bit/variant.js";

const endpoint = { port: 4430, certificateFile: "authority.pem" };

it("an output alone runs without workers", () => {
  expect(parseVariant("ours")).toEqual({ name: "ours", output: "ours", options: { workers: "0" }, isCoreInProcess: false });
});

it("the core may run in a process of its own", () => {
  expect(parseVariant("ours-process-cbor")).toMatchObject({ options: { request_format: "cbor" }, isCoreInProcess: true });
});

it("modifiers and options of the output follow its name", () => {
  const { output, options } = parseVariant("peer-gzip-workers2+time_key=t+log_key=a=b");
  expect(output).toBe("peer");
  expect(options).toEqual({ workers: "2", compression: "gzip", time_key: "t", log_key: "a=b" });
});

it.each(["go", "ours-fast", "", "ours-workers"])("'%s' is refused", (name) => {
  expect(() => parseVariant(name)).toThrow(/variant '/);
});

it("each output is told where the server is and what to trust", () => {
  const ours = outputSection(parseVariant("ours"), endpoint);
  const c = outputSection(parseVariant("c"), endpoint);
  expect(ours).toMatchObject({ name: "kinesis", properties: { endpoint: "https://localhost:4430" } });
  expect(c).toMatchObject({ name: "kinesis_streams", properties: { port: "4430", "tls.ca_file": "authority.pem" } });
  expect(outputSection(parseVariant("null"), endpoint)).toEqual({ name: "null", properties: {} });
});
