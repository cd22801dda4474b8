/** Opens and keeps tunnels through proxies: by CONNECT to HTTP proxies, or by SOCKS. */
import type { ClientRequest } from "node:http";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { checkServerIdentity, connect as connectSecure, TLSSocket, type SecureContext } from "node:tls";
import { Agent, type AgentConnectOpts } from "agent-base";
import { SocksProxyAgent } from "socks-proxy-agent";
import { sendConnect, type ProxyResponse } from "./connect_tunnel.js";
import { handshakeOf } from "./handshake.js";
import { unbracketed } from "./host_name.js";
import { Openings } from "./openings.js";
import { proxyError, type Proxy } from "./proxy.js";

/** The proxy of an agent, its authorities and its limits. */
export interface TunnelSettings {
  readonly proxy: Proxy;
  /** Whether the target uses TLS. */
  readonly isSecure: boolean;
  readonly trust: SecureContext | undefined;
  readonly maxSockets: number;
  /** Time limit for a tunnel, the TLS handshake with the target included. */
  readonly timeoutMs: number;
}

/** Keeps and reuses tunnels. The libraries open single tunnels, without a time limit. */
export class TunnelAgent extends Agent {
  // Not #private: the constructors of Node's agents may read isSecureEndpoint before the settings are set.
  private readonly settings: TunnelSettings;
  readonly #openings: Openings;

  constructor(settings: TunnelSettings) {
    super({ keepAlive: true, maxSockets: settings.maxSockets });
    this.settings = settings;
    this.#openings = new Openings(settings.timeoutMs);
  }

  /** Returns the setting: agent-base would search a stack trace for it at each request. */
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

  /** Opens a tunnel and begins the TLS session with the target. Requests without TLS need no tunnel through an HTTP proxy. */
  async #throughHttp(options: AgentConnectOpts, signal: AbortSignal): Promise<Duplex> {
    const { proxy, trust } = this.settings;
    const { host = "", port } = options;
    const { socket, response } = await sendConnect(proxy.url, { host, port, trust, signal });
    if (response.statusCode !== 200) {
      socket.destroy();
      throw refusal(response);
    }
    const name = isIP(host) === 0 ? { servername: host } : {};
    // Node would read the request's path as that of a local socket.
    return connectSecure({ ...name, ...this.#targetOptions(options), path: undefined, socket });
  }

  /** Returns the options of the TLS session with the target. Checks the certificate here: the libraries lose a host that is an IP address. */
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
 * Returns an agent whose proxy resolves the host names: Go does so with socks5:// and socks5h://, the library only with the latter.
 * The library accepts no signal: after a timeout a connection to a silent proxy stays open for up to 30 s, the library's own limit.
 */
function socksConnector(url: URL): SocksProxyAgent {
  const remote = new URL(url.href.replace(/^socks5:/i, "socks5h:"));
  const agent = new SocksProxyAgent(remote);
  const bare = unbracketed(url.hostname);
  if (isIP(bare) === 6) agent.proxy.host = bare;
  return agent;
}

/**
 * Returns the error for a refused tunnel. A server's fault (5xx) and 429 are transient; a forbidden host (403) or a missing password
 * (407) will be refused again. The headers are where the SDK's errors have them, for Retry-After.
 */
function refusal({ statusCode: status, headers }: ProxyResponse): Error {
  const hint = status === 407 ? " (it requires a user and a password: set http://user:password@host:port)" : "";
  const code = status >= 500 || status === 429 ? "EPROXY" : "ProxyRefused";
  return Object.assign(new Error(`responded to CONNECT with status ${status}${hint}`), { code, $response: { headers } });
}
