// Tests NO_PROXY against golang.org/x/net/http/httpproxy: its own cases (proxy_test.go, UseProxyTests), and similar ones.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseNoProxy } from "../../../src/network/no_proxy.js";

describe("NO_PROXY", () => {
  // From UseProxyTests, which uses this list for all its hosts.
  const goList = "foobar.com, .barbaz.net, *.wildcard.io, 192.168.1.1, 192.168.1.2:81, 192.168.1.3:80, 10.0.0.0/30, 2001:db8::52:0:1, [2001:db8::52:0:2]:443, [2001:db8::52:0:3]:80, 2002:db8:a::45/64";

  it.each([
    ["localhost", 80, true],
    ["127.0.0.1", 80, true],
    ["127.0.0.2", 80, true],
    ["::1", 80, true],
    ["::2", 80, false],
    ["192.168.1.1", 80, true],
    ["192.168.1.2", 80, false],
    ["192.168.1.2", 81, true],
    ["192.168.1.3", 80, true],
    ["192.168.1.4", 80, false],
    ["10.0.0.2", 80, true],
    ["10.0.0.3", 80, true],
    ["10.0.0.4", 80, false],
    ["2001:db8::52:0:1", 80, true],
    ["2001:db8::52:0:2", 443, true],
    ["2001:db8::52:0:2", 80, false],
    ["2001:db8::52:0:3", 80, true],
    ["2002:db8:a::123", 80, true],
    ["fe80::424b:c8be:1643:a1b6", 80, false],
    ["barbaz.net", 80, false],
    ["www.barbaz.net", 80, true],
    ["foobar.com", 80, true],
    ["www.foobar.com", 80, true],
    ["foofoobar.com", 80, false],
    ["baz.com", 80, false],
    ["localhost.net", 80, false],
    ["local.localhost", 80, false],
    ["barbarbaz.net", 80, false],
    ["wildcard.io", 80, false],
    ["nested.wildcard.io", 80, true],
    ["awildcard.io", 80, false],
  ])("from Go's tests: %s port %d bypasses the proxy: %s", (host, port, isDirect) => {
    expect(parseNoProxy(goList)(host, port)).toBe(isDirect);
  });

  it.each([
    ["", "kinesis.us-west-2.amazonaws.com", 443, false],
    ["", "127.0.0.1", 443, true],
    ["", "::ffff:127.0.0.1", 443, true],
    ["*", "kinesis.us-west-2.amazonaws.com", 443, true],
    ["example.com,*", "8.8.8.8", 443, true],
    ["*:443", "example.com", 443, false],
    [" Example.COM ", "a.EXAMPLE.com", 443, true],
    ["example.com:443", "example.com", 443, true],
    ["example.com:443", "example.com", 444, false],
    [".example.com:443", "a.example.com", 443, true],
    ["example.com:", "example.com", 443, true],
    [":443", "example.com", 443, false],
    [",,", "example.com", 443, false],
    ["münchen.example", "xn--mnchen-3ya.example", 443, true],
    ["1.2.3.4", "::ffff:1.2.3.4", 443, true],
    ["10.0.0.0/8", "::ffff:10.1.2.3", 443, true],
    ["10.0.0.0/33", "10.0.0.0", 443, false],
    ["10.0.0.0/8:443", "10.0.0.1", 443, false],
    ["0.0.0.0/0", "8.8.8.8", 443, true],
    ["0.0.0.0/0", "2001:db8::1", 443, false],
    ["0.0.0.0/0", "example.com", 443, false],
    ["[2001:db8::1]", "2001:db8::1", 443, false],
    ["fe80::1%eth0,a.com", "a.com", 443, true],
  ])("of %j: %s port %d bypasses the proxy: %s", (list, host, port, isDirect) => {
    expect(parseNoProxy(list)(host, port)).toBe(isDirect);
  });

  it("accepts any text, and an invalid entry lets no other host bypass the proxy", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        fc.pre(!text.split(",").some((entry) => entry.trim() === "*" || entry.includes("example")));
        expect(parseNoProxy(`${text},example.com`)("www.example.com", 443)).toBe(true);
        expect(parseNoProxy(text)("host.of.nobody.example", 443)).toBe(false);
      }),
    );
  });

  it("with a block matches exactly the addresses that share its prefix", () => {
    const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
    const value = (parts: readonly number[]) => parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
    fc.assert(
      fc.property(octets, octets, fc.integer({ min: 0, max: 32 }), fc.boolean(), (block, other, prefix, isNear) => {
        const address = isNear ? [...block.slice(0, 3), other[3]] : other;
        fc.pre(address[0] !== 127);
        const shift = BigInt(32 - prefix);
        const expected = value(block) >> shift === value(address) >> shift;
        expect(parseNoProxy(`${block.join(".")}/${prefix}`)(address.join("."), 443)).toBe(expected);
      }),
    );
  });
});
