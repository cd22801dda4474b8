/** How the SDK's clients reach their services over HTTP: directly or through a proxy, trusting whom. */
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { NetworkEnvironment } from "./network.js";

const connectionTimeoutMs = 5000;
/** A connection on which nothing moves for so long is dead, even when http_request_timeout sets no limit. */
const idleTimeoutMs = 60_000;
/** As the SDK's own. */
const maxSockets = 50;

/** An instance: given plain options, the Kinesis client would build its HTTP/2 handler and open a TLS session per request. */
export function createHttpHandler(network: NetworkEnvironment): NodeHttpHandler {
  return new RoutedHttpHandler(network);
}

type Request = Parameters<NodeHttpHandler["handle"]>[0];
type HandleOptions = Parameters<NodeHttpHandler["handle"]>[1];
type HandleResult = ReturnType<NodeHttpHandler["handle"]>;

/** Sends each request directly, or with another handler through the proxy for it. */
class RoutedHttpHandler extends NodeHttpHandler {
  readonly #network: NetworkEnvironment;
  readonly #proxied: NodeHttpHandler | undefined;

  constructor(network: NetworkEnvironment) {
    const { proxies, trust } = network;
    super({
      connectionTimeout: connectionTimeoutMs,
      socketTimeout: idleTimeoutMs,
      ...(trust === undefined ? {} : { httpsAgent: { secureContext: trust } }),
    });
    this.#network = network;
    if (proxies.https === undefined && proxies.http === undefined) return;
    this.#proxied = new NodeHttpHandler(async () => {
      const { plainAgent, secureAgent } = await import("./proxy_agents.js");
      const settings = { maxSockets, timeoutMs: connectionTimeoutMs };
      return {
        // Later than the agents' own limit, of which the message names the proxy.
        connectionTimeout: connectionTimeoutMs + 1000,
        socketTimeout: idleTimeoutMs,
        ...(proxies.https === undefined ? {} : { httpsAgent: secureAgent(proxies.https, network, settings) as never }),
        ...(proxies.http === undefined ? {} : { httpAgent: plainAgent(proxies.http, network, settings) }),
      };
    });
  }

  override handle(request: Request, options?: HandleOptions): HandleResult {
    return this.#proxied !== undefined && this.#needsProxy(request)
      ? this.#proxied.handle(request, options)
      : super.handle(request, options);
  }

  override updateHttpClientConfig(...change: Parameters<NodeHttpHandler["updateHttpClientConfig"]>): void {
    super.updateHttpClientConfig(...change);
    this.#proxied?.updateHttpClientConfig(...change);
  }

  override destroy(): void {
    super.destroy();
    this.#proxied?.destroy();
  }

  #needsProxy({ protocol, hostname, port }: Request): boolean {
    const { https, http, bypass } = this.#network.proxies;
    const isSecure = protocol === "https:";
    if ((isSecure ? https : http) === undefined) return false;
    return !bypass(hostname.replace(/^\[|\]$/g, ""), port ?? (isSecure ? 443 : 80));
  }
}
