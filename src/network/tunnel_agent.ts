/** Connections through a proxy that passes bytes on: CONNECT of HTTP proxies, and SOCKS. */
import type { ClientRequest } from "node:http";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { checkServerIdentity, connect as connectSecure, TLSSocket, type SecureContext } from "node:tls";
import { Agent, type AgentConnectOpts } from "agent-base";
import { SocksProxyAgent } from "socks-proxy-agent";
import { askForTunnel, type ProxyResponse } from "./connect_tunnel.js";
import { handshakeOf } from "./handshake.js";
import { unbracketed } from "./host_name.js";
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
    const { url } = this.settings.proxy;
    const socket = url.protocol.startsWith("socks")
      ? await socksConnector(url).connect(request, this.#targetOptions(options))
      : await this.#throughHttp(options, signal);
    if (!this.settings.isSecure) return socket;
    if (!(socket instanceof TLSSocket)) throw new Error("opened no TLS connection");
    await handshakeOf(socket, signal);
    return socket;
  }

  /** Begins the TLS session with the target behind a tunnel. Requests without TLS go to an HTTP proxy without a tunnel. */
  async #throughHttp(options: AgentConnectOpts, signal: AbortSignal): Promise<Duplex> {
    const { proxy, trust } = this.settings;
    const { host = "", port } = options;
    const { socket, response } = await askForTunnel(proxy.url, { host, port, trust, signal });
    if (response.statusCode !== 200) {
      socket.destroy();
      throw refusal(response);
    }
    const name = isIP(host) === 0 ? { servername: host } : {};
    // The request's path would be taken for that of a local socket.
    return connectSecure({ ...name, ...this.#targetOptions(options), path: undefined, socket });
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
  const bare = unbracketed(url.hostname);
  if (isIP(bare) === 6) agent.proxy.host = bare;
  return agent;
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
