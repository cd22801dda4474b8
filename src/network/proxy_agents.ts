/** Creates agents that connect through proxies. A separate script of the bundle, loaded with the first of them. */
import type { Agent, ClientRequest } from "node:http";
import { isIP, type Socket } from "node:net";
import type { AgentConnectOpts } from "agent-base";
import { HttpProxyAgent } from "http-proxy-agent";
import type { NetworkEnvironment } from "./network.js";
import { handshakeOf } from "./handshake.js";
import { unbracketed } from "./host_name.js";
import { Openings } from "./openings.js";
import { proxyError, type Proxy } from "./proxy.js";
import { TunnelAgent } from "./tunnel_agent.js";

/** The settings that all agents of a handler share. */
export interface AgentSettings {
  readonly maxSockets: number;
  /** Time limit for a connection through the proxy, all TLS handshakes included. */
  readonly timeoutMs: number;
}

/** Returns the agent for requests with TLS. */
export function secureAgent(proxy: Proxy, network: NetworkEnvironment, settings: AgentSettings): TunnelAgent {
  return tunnelAgent(proxy, true, network, settings);
}

/** Returns the agent for requests without TLS: an HTTP proxy gets them with the whole URL, a SOCKS proxy opens a tunnel as for TLS. */
export function plainAgent(proxy: Proxy, network: NetworkEnvironment, settings: AgentSettings): Agent {
  if (proxy.url.protocol.startsWith("socks")) return tunnelAgent(proxy, false, network, settings);
  return new ForwardingAgent(proxy, network, settings);
}

function tunnelAgent(proxy: Proxy, isSecure: boolean, { trust }: NetworkEnvironment, settings: AgentSettings): TunnelAgent {
  return new TunnelAgent({ proxy, isSecure, trust, ...settings });
}

/** Connects to an HTTP proxy that forwards requests, within a time limit: the library has none. */
class ForwardingAgent extends HttpProxyAgent<string> {
  readonly #named: Proxy;
  readonly #openings: Openings;

  constructor(proxy: Proxy, { trust }: NetworkEnvironment, { maxSockets, timeoutMs }: AgentSettings) {
    const name = isIP(unbracketed(proxy.url.hostname)) === 0 ? { servername: proxy.url.hostname } : {};
    super(proxy.url, { keepAlive: true, maxSockets, ...name, ...(trust === undefined ? {} : { secureContext: trust }) });
    this.#named = proxy;
    this.#openings = new Openings(timeoutMs);
  }

  override async connect(request: ClientRequest & { _implicitHeader(): void }, options: AgentConnectOpts): Promise<Socket> {
    try {
      return await this.#openings.run(async (signal) => {
        // The library reads `connectOpts` before its first wait, so that each connection gets its own signal.
        this.connectOpts = { ...this.connectOpts, signal };
        const socket = await super.connect(request, options);
        await handshakeOf(socket, signal);
        return socket;
      });
    } catch (error) {
      throw proxyError(this.#named, error);
    }
  }

  override destroy(): void {
    this.#openings.close();
    super.destroy();
  }
}
