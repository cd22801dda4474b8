/** Connections through a proxy that passes bytes on: CONNECT of HTTP proxies, and SOCKS. */
import type { ClientRequest } from "node:http";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { checkServerIdentity, TLSSocket, type SecureContext } from "node:tls";
import { Agent, type AgentConnectOpts } from "agent-base";
import { HttpsProxyAgent } from "https-proxy-agent";
import { SocksProxyAgent } from "socks-proxy-agent";
import { handshakeOf } from "./handshake.js";
import { Openings } from "./openings.js";
import { proxyError, type Proxy } from "./proxy.js";

/** What the agents of a handler have in common. */
export interface TunnelSettings {
  readonly proxy: Proxy;
  /** Whether TLS is spoken with the target. */
  readonly isSecure: boolean;
  readonly trust: SecureContext | undefined;
  readonly maxSockets: number;
  /** Milliseconds in which the proxy has to open the way, with the TLS handshake of the target behind it. */
  readonly timeoutMs: number;
}

/** Keeps tunnels and uses them again. The libraries make single tunnels, without a time limit. */
export class TunnelAgent extends Agent {
  // Not #private: the constructors of Node's agents may ask for it before it is set.
  private readonly settings: TunnelSettings;
  readonly #openings: Openings;

  constructor(settings: TunnelSettings) {
    super({ keepAlive: true, maxSockets: settings.maxSockets });
    this.settings = settings;
    this.#openings = new Openings(settings.timeoutMs);
  }

  /** Known here; agent-base would search a stack trace for it, at each request. */
  override isSecureEndpoint(): boolean {
    return (this.settings as TunnelSettings | undefined)?.isSecure === true;
  }

  /** Returns a connection through the tunnel. @throws an error that names the proxy */
  override async connect(request: ClientRequest, options: AgentConnectOpts): Promise<Duplex> {
    try {
      return await this.#openings.run((signal) => this.#open(request, options, signal));
    } catch (error) {
      throw proxyError(this.settings.proxy, error);
    }
  }

  override destroy(): void {
    this.#openings.close();
    super.destroy();
  }

  async #open(request: ClientRequest, options: AgentConnectOpts, signal: AbortSignal): Promise<Duplex> {
    let response: ProxyResponse | undefined;
    request.once("proxyConnect", (received: ProxyResponse) => (response = received));
    const socket = await this.#connector(signal).connect(request, this.#targetOptions(options));
    // A proxy that refuses would be taken for the service: https-proxy-agent plays its response back as the target's.
    if (response !== undefined && response.statusCode !== 200) throw refusal(response);
    if (!this.settings.isSecure) return socket;
    if (!(socket instanceof TLSSocket)) throw new Error("opened no TLS connection");
    await handshakeOf(socket, signal);
    return socket;
  }

  #connector(signal: AbortSignal): HttpsProxyAgent<string> | SocksProxyAgent {
    const { proxy, trust } = this.settings;
    if (proxy.url.protocol.startsWith("socks")) return socksConnector(proxy.url);
    return new HttpsProxyAgent(proxy.url, { keepAlive: true, signal, ...(trust === undefined ? {} : { secureContext: trust }) });
  }

  /** For the TLS session with the target, of which the libraries would forget the address when it is no name. */
  #targetOptions(options: AgentConnectOpts): AgentConnectOpts {
    const { trust } = this.settings;
    const host = options.host ?? "";
    const verify: typeof checkServerIdentity = (_, certificate) => checkServerIdentity(host, certificate);
    return {
      ...options,
      ...(this.settings.isSecure ? { secureEndpoint: true as const, checkServerIdentity: verify } : {}),
      ...(trust === undefined ? {} : { secureContext: trust }),
    };
  }
}

/**
 * Go leaves names to the proxy with both schemes; the library only with the second one. The library takes no signal: a
 * connection to a silent proxy stays open for up to 30 s, its own limit, after the opening was given up.
 */
function socksConnector(url: URL): SocksProxyAgent {
  const remote = new URL(url.href.replace(/^socks5:/i, "socks5h:"));
  const agent = new SocksProxyAgent(remote);
  const bare = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(bare) === 6) agent.proxy.host = bare;
  return agent;
}

/** The response of a proxy to CONNECT, as https-proxy-agent reports it. */
interface ProxyResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
}

/**
 * Returns the error for a refused tunnel. A server's fault may pass; a host that the proxy forbids (403) or a password
 * that it misses (407) will be refused again. The headers stand where the SDK's errors have them, for Retry-After.
 */
function refusal({ statusCode: status, headers }: ProxyResponse): Error {
  const hint = status === 407 ? " (it wants a user and a password, given as http://user:password@host:port)" : "";
  const code = status >= 500 || status === 429 ? "EPROXY" : "ProxyRefused";
  return Object.assign(new Error(`answered CONNECT with status ${status}${hint}`), { code, $response: { headers } });
}
