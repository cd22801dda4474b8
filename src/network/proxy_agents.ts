/** Connections through proxies, for the SDK's handler: a script of its own in the bundle, loaded for the first of them. */
import type { Agent } from "node:http";
import { isIP } from "node:net";
import { HttpProxyAgent } from "http-proxy-agent";
import type { NetworkEnvironment } from "./network.js";
import type { Proxy } from "./proxy.js";
import { TunnelAgent } from "./tunnel_agent.js";

/** What the agents of a handler have in common. */
export interface AgentSettings {
  readonly maxSockets: number;
  /** Milliseconds in which a proxy has to open the way. */
  readonly timeoutMs: number;
}

/** For requests with TLS. */
export function secureAgent(proxy: Proxy, network: NetworkEnvironment, settings: AgentSettings): TunnelAgent {
  return tunnelAgent(proxy, true, network, settings);
}

/** For requests without TLS: an HTTP proxy takes them with the whole URL, a SOCKS proxy like all others. */
export function plainAgent(proxy: Proxy, network: NetworkEnvironment, settings: AgentSettings): Agent {
  if (proxy.url.protocol.startsWith("socks")) return tunnelAgent(proxy, false, network, settings);
  const name = isIP(proxy.url.hostname.replace(/^\[|\]$/g, "")) === 0 ? { servername: proxy.url.hostname } : {};
  const trust = network.trust === undefined ? {} : { secureContext: network.trust };
  return new HttpProxyAgent(proxy.url, { keepAlive: true, maxSockets: settings.maxSockets, ...name, ...trust });
}

function tunnelAgent(proxy: Proxy, isSecure: boolean, { trust }: NetworkEnvironment, settings: AgentSettings): TunnelAgent {
  return new TunnelAgent({ proxy, isSecure, trust, ...settings });
}
