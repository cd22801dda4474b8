// The host names of URLs as connections take them: addresses of IPv6 lose their brackets.
import { expect, it } from "vitest";
import { unbracketed } from "../../../src/network/host_name.js";

it.each([
  ["http://[::1]:4567", "::1"],
  ["https://[2001:db8::1]", "2001:db8::1"],
  ["http://127.0.0.1", "127.0.0.1"],
  ["https://kinesis.example", "kinesis.example"],
])("of %s a connection is made to %s", (url, host) => {
  expect(unbracketed(new URL(url).hostname)).toBe(host);
});
