/** NO_PROXY as Go's plugin understands it: which hosts are asked directly. */
import { BlockList, isIP } from "node:net";
import { domainToASCII } from "node:url";

/** Whether a host (a name, or an address without brackets) and its port are asked without a proxy. */
export type ProxyBypass = (host: string, port: number) => boolean;

interface DomainRule {
  /** Begins with a dot. */
  readonly suffix: string;
  readonly port: string;
  /** Whether the domain itself is meant, besides what lies below it. */
  readonly includesDomain: boolean;
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/**
 * The rules are those of golang.org/x/net/http/httpproxy: entries with commas between; "*" is every host; addresses,
 * blocks of addresses (10.0.0.0/8), domains with all below them, ".domain" and "*.domain" for those below only; a port
 * may follow an address or a domain. Any other entry matches nothing. This machine itself is always
 * asked directly.
 */
export function parseNoProxy(list: string): ProxyBypass {
  const entries = list.split(",").map((entry) => entry.trim().toLowerCase());
  if (entries.includes("*")) return () => true;
  const addresses = new Map<string, BlockList>([["", new BlockList()]]);
  const domains: DomainRule[] = [];
  for (const entry of entries) {
    if (addBlock(addresses.get(""), entry)) continue;
    const { host, port } = splitPort(entry);
    if (host === "") continue;
    if (isPlainIP(host)) {
      const ofPort = addresses.get(port) ?? new BlockList();
      ofPort.addAddress(host, familyOf(host));
      addresses.set(port, ofPort);
    } else {
      domains.push(domainRule(host, port));
    }
  }
  return (host, port) => {
    const name = host.toLowerCase();
    if (name === "localhost") return true;
    if (isIP(name) !== 0) {
      const lists = [loopback, addresses.get(""), addresses.get(String(port))];
      return lists.some((blocks) => blocks?.check(name, familyOf(name)) === true);
    }
    return domains.some((rule) => matches(rule, name, port));
  };
}

function matches({ suffix, port: rulePort, includesDomain }: DomainRule, name: string, port: number): boolean {
  if (rulePort !== "" && rulePort !== String(port)) return false;
  return name.endsWith(suffix) || (includesDomain && name === suffix.slice(1));
}

/** Adds an entry such as 10.0.0.0/8; whether it was one. */
function addBlock(blocks: BlockList | undefined, entry: string): boolean {
  const [, address = "", prefix = ""] = /^([^/]+)\/(\d{1,3})$/.exec(entry) ?? [];
  if (!isPlainIP(address)) return false;
  const family = familyOf(address);
  if (Number(prefix) > (family === "ipv4" ? 32 : 128)) return false;
  blocks?.addSubnet(address, Number(prefix), family);
  return true;
}

function domainRule(host: string, port: string): DomainRule {
  const domain = host.startsWith("*.") ? host.slice(1) : host;
  const includesDomain = !domain.startsWith(".");
  const name = includesDomain ? domain : domain.slice(1);
  // Gives nothing for what is no name; such a rule matches as it was written: nothing.
  const ascii = domainToASCII(name);
  return { suffix: `.${ascii === "" ? name : ascii}`, port, includesDomain };
}

/** As Go's net.SplitHostPort: an IPv6 address needs brackets when a port follows. */
function splitPort(entry: string): { host: string; port: string } {
  const [, bracketed, plain, port] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(entry) ?? [];
  return port === undefined ? { host: entry, port: "" } : { host: bracketed ?? plain ?? "", port };
}

/** Without a zone, which an entry may not have. */
function isPlainIP(text: string): boolean {
  return isIP(text) !== 0 && !text.includes("%");
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}
