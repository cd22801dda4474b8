// Tests host names of URLs for connections: IPv6 addresses lose their brackets.
import { expect, it } from "vitest";
import { unbracketed } from "../../../src/network/host_name.js";

it.each([
  ["http://[::1]:4567", "::1"],
  ["https://[2001:db8::1]", "2001:db8::1"],
  ["http://127.0.0.1", "127.0.0.1"],
  ["https://kinesis.example", "kinesis.example"],
])("the host name of %s is %s for a connection", (url, host) => {
  expect(unbracketed(new URL(url).hostname)).toBe(host);
});
