/** How the SDK's clients reach their services over HTTP: directly or through a proxy, trusting whom. */
import { Agent as PlainAgent } from "node:http";
import { Agent as SecureAgent } from "node:https";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { NetworkEnvironment } from "./network.js";
import type { PostTarget } from "./post.js";

const connectionTimeoutMs = 5000;
/** A connection on which nothing moves for so long is dead, even when http_request_timeout sets no limit. */
const idleTimeoutMs = 60_000;
/** As the SDK's own. */
const maxSockets = 50;

/** An instance: given plain options, the Kinesis client would build its HTTP/2 handler and open a TLS session per request. */
export function createHttpHandler(network: NetworkEnvironment): RoutedHttpHandler {
  return new RoutedHttpHandler(network);
}

type Request = Parameters<NodeHttpHandler["handle"]>[0];
type Address = Pick<Request, "protocol" | "hostname" | "port" | "path">;
type HandleOptions = Parameters<NodeHttpHandler["handle"]>[1];
type HandleResult = ReturnType<NodeHttpHandler["handle"]>;

/** Sends each request directly, or with another handler through the proxy for it. */
export class RoutedHttpHandler extends NodeHttpHandler {
  readonly #network: NetworkEnvironment;
  readonly #secureAgent: SecureAgent;
  readonly #plainAgent: PlainAgent;
  readonly #proxied: NodeHttpHandler | undefined;

  constructor(network: NetworkEnvironment) {
    const { proxies, trust } = network;
    const common = { keepAlive: true, maxSockets, timeout: idleTimeoutMs };
    const secureAgent = new SecureAgent({ ...common, ...(trust === undefined ? {} : { secureContext: trust }) });
    const plainAgent = new PlainAgent(common);
    super({
      connectionTimeout: connectionTimeoutMs,
      socketTimeout: idleTimeoutMs,
      httpsAgent: secureAgent,
      httpAgent: plainAgent,
    });
    this.#network = network;
    this.#secureAgent = secureAgent;
    this.#plainAgent = plainAgent;
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

  /** By the proxy, where the address needs one. */
  override handle(request: Request, options?: HandleOptions): HandleResult {
    return this.#proxied !== undefined && this.#needsProxy(request)
      ? this.#proxied.handle(request, options)
      : super.handle(request, options);
  }

  /** Where a POST to this address goes without a proxy; undefined when it needs one. */
  directTarget(address: Address): PostTarget | undefined {
    if (this.#proxied !== undefined && this.#needsProxy(address)) return undefined;
    const { protocol, hostname, port, path } = address;
    const isSecure = protocol === "https:";
    const agent = isSecure ? this.#secureAgent : this.#plainAgent;
    return { isSecure, hostname: unbracketed(hostname), port, path, agent, connectionTimeoutMs, idleTimeoutMs };
  }

  /** For both ways. */
  override updateHttpClientConfig(...change: Parameters<NodeHttpHandler["updateHttpClientConfig"]>): void {
    super.updateHttpClientConfig(...change);
    this.#proxied?.updateHttpClientConfig(...change);
  }

  /** Closes the connections of both ways. */
  override destroy(): void {
    super.destroy();
    // The SDK's handler knows them only once it has sent something itself.
    this.#secureAgent.destroy();
    this.#plainAgent.destroy();
    this.#proxied?.destroy();
  }

  #needsProxy({ protocol, hostname, port }: Address): boolean {
    const { https, http, bypass } = this.#network.proxies;
    const isSecure = protocol === "https:";
    if ((isSecure ? https : http) === undefined) return false;
    return !bypass(unbracketed(hostname), port ?? (isSecure ? 443 : 80));
  }
}

/** An IPv6 address as connections take it. */
function unbracketed(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}
