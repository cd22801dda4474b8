/** Parses NO_PROXY by the rules of Go: the hosts to connect to directly. */
import { BlockList, isIP } from "node:net";
import { domainToASCII } from "node:url";

/** Returns whether requests to a host (a name, or an address without brackets) and port bypass the proxy. */
export type ProxyBypass = (host: string, port: number) => boolean;

interface DomainRule {
  /** The domain, after a dot. */
  readonly suffix: string;
  /** Empty for every port. */
  readonly port: string;
  /** Whether the rule matches the domain itself, besides its subdomains. */
  readonly includesDomain: boolean;
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/**
 * Parses a list by the rules of golang.org/x/net/http/httpproxy. Entries are separated by commas: "*" matches every host; an address;
 * a block of addresses (10.0.0.0/8); a domain with its subdomains; ".domain" and "*.domain" for the subdomains only. A port may follow
 * an address or a domain. Any other entry matches nothing. Requests to this machine always bypass the proxy.
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

/** Adds an entry such as 10.0.0.0/8. Returns false for an entry that is not a block. */
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
  // domainToASCII returns "" for an invalid name. Such a rule stays as written, and matches nothing.
  const ascii = domainToASCII(name);
  return { suffix: `.${ascii === "" ? name : ascii}`, port, includesDomain };
}

/** Splits an entry like Go's net.SplitHostPort: an IPv6 address needs brackets when a port follows. */
function splitPort(entry: string): { host: string; port: string } {
  const [, bracketed, plain, port] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(entry) ?? [];
  return port === undefined ? { host: entry, port: "" } : { host: bracketed ?? plain ?? "", port };
}

/** Returns whether a text is an IP address without a zone: entries cannot have one. */
function isPlainIP(text: string): boolean {
  return isIP(text) !== 0 && !text.includes("%");
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}
