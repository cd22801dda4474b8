/** Connections through a proxy that passes bytes on: CONNECT of HTTP proxies, and SOCKS. */
import type { ClientRequest } from "node:http";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { checkServerIdentity, TLSSocket, type SecureContext } from "node:tls";
import { Agent, type AgentConnectOpts } from "agent-base";
import { HttpsProxyAgent } from "https-proxy-agent";
import { SocksProxyAgent } from "socks-proxy-agent";
import { proxyAddress, type Proxy } from "./proxy.js";

/** What the agents of a handler have in common. */
export interface TunnelSettings {
  readonly proxy: Proxy;
  /** Whether TLS is spoken with the target. */
  readonly isSecure: boolean;
  readonly trust: SecureContext | undefined;
  readonly maxSockets: number;
  /** Milliseconds in which the proxy has to open the way. */
  readonly timeoutMs: number;
}

/** Keeps its tunnels and uses them again. The libraries make single tunnels, and are held to a time limit here. */
export class TunnelAgent extends Agent {
  // Not #private: the constructors of Node's agents may ask for it before it is set.
  private readonly settings: TunnelSettings;
  readonly #attempts = new Set<AbortController>();

  constructor(settings: TunnelSettings) {
    super({ keepAlive: true, maxSockets: settings.maxSockets });
    this.settings = settings;
  }

  /** Known here; agent-base would search a stack trace for it, at each request. */
  override isSecureEndpoint(): boolean {
    return (this.settings as TunnelSettings | undefined)?.isSecure === true;
  }

  /** A connection through the tunnel. @throws when the proxy does not open it in time */
  override async connect(request: ClientRequest, options: AgentConnectOpts): Promise<Duplex> {
    const attempt = new AbortController();
    this.#attempts.add(attempt);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      attempt.abort();
    }, this.settings.timeoutMs);
    let status: number | undefined;
    request.once("proxyConnect", (answer: { statusCode: number }) => (status = answer.statusCode));
    try {
      const socket = await this.#connector(attempt.signal).connect(request, this.#targetOptions(options));
      // A proxy that refuses would be taken for the service: https-proxy-agent plays its answer back as the target's.
      if (status !== undefined && status !== 200) throw refusal(status);
      if (this.settings.isSecure && !(socket instanceof TLSSocket)) throw new Error("opened no TLS connection");
      return socket;
    } catch (error) {
      throw this.#explain(error, isLate);
    } finally {
      clearTimeout(timer);
      this.#attempts.delete(attempt);
    }
  }

  override destroy(): void {
    for (const attempt of this.#attempts) attempt.abort();
    super.destroy();
  }

  #connector(signal: AbortSignal): HttpsProxyAgent<string> | SocksProxyAgent {
    const { proxy, trust } = this.settings;
    if (proxy.url.protocol.startsWith("socks")) return socksConnector(proxy.url, signal);
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

  #explain(error: unknown, isLate: boolean): Error {
    const { proxy, timeoutMs } = this.settings;
    const { message, code } = describe(error);
    const reason = isLate ? `no connection within ${timeoutMs / 1000} s` : message;
    const text = `the proxy of ${proxy.variable} (${proxyAddress(proxy)}): ${reason}`;
    return Object.assign(new Error(text, { cause: error }), { code: isLate ? "ETIMEDOUT" : code });
  }
}

/** Go leaves names to the proxy with both schemes; the library only with the second one. */
function socksConnector(url: URL, signal: AbortSignal): SocksProxyAgent {
  const remote = new URL(url.href.replace(/^socks5:/i, "socks5h:"));
  const agent = new SocksProxyAgent(remote, { socketOptions: { signal } });
  const bare = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(bare) === 6) agent.proxy.host = bare;
  return agent;
}

/** Only a server's fault may pass: what a proxy forbids (403) or asks for (407) it will forbid again. */
function refusal(status: number): Error {
  const hint = status === 407 ? " (it wants a user and a password, given as http://user:password@host:port)" : "";
  const code = status >= 500 || status === 429 ? "EPROXY" : "ProxyRefused";
  return Object.assign(new Error(`answered CONNECT with status ${status}${hint}`), { code });
}

/** An error without a code is the SOCKS library's or a broken answer: named like a system's, so that it is tried again. */
function describe(error: unknown): { message: string; code: string } {
  if (!(error instanceof Error)) return { message: String(error), code: "EPROXY" };
  const code = "code" in error && typeof error.code === "string" ? error.code : "EPROXY";
  return { message: error.message === "" ? code : error.message, code };
}
