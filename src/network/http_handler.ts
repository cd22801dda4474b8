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

/** Agents for requests through a proxy, with and without TLS; undefined where no proxy is set. */
interface ProxyAgents {
  readonly secure: PlainAgent | undefined;
  readonly plain: PlainAgent | undefined;
}

/** Sends each request directly, or with another handler through the proxy for it. */
export class RoutedHttpHandler extends NodeHttpHandler {
  readonly #network: NetworkEnvironment;
  readonly #secureAgent: SecureAgent;
  readonly #plainAgent: PlainAgent;
  readonly #proxied: NodeHttpHandler | undefined;
  #proxyAgents: Promise<ProxyAgents> | undefined;

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
      const { secure, plain } = await this.#loadProxyAgents();
      return {
        // Later than the agents' own limit, of which the message names the proxy.
        connectionTimeout: connectionTimeoutMs + 1000,
        socketTimeout: idleTimeoutMs,
        ...(secure === undefined ? {} : { httpsAgent: secure as never }),
        ...(plain === undefined ? {} : { httpAgent: plain }),
      };
    });
  }

  /** By the proxy, where the address needs one. */
  override handle(request: Request, options?: HandleOptions): HandleResult {
    return this.#proxied !== undefined && this.#needsProxy(request)
      ? this.#proxied.handle(request, options)
      : super.handle(request, options);
  }

  /** Returns the target of a POST to this address, direct or through the proxy for it. */
  async target(address: Address): Promise<PostTarget> {
    const { secure, plain } = this.#needsProxy(address) ? await this.#loadProxyAgents() : {};
    const agent = address.protocol === "https:" ? (secure ?? this.#secureAgent) : (plain ?? this.#plainAgent);
    return targetWith(agent, address);
  }

  /** Returns the target of a direct POST to this address; undefined when the address needs a proxy. */
  directTarget(address: Address): PostTarget | undefined {
    if (this.#needsProxy(address)) return undefined;
    return targetWith(address.protocol === "https:" ? this.#secureAgent : this.#plainAgent, address);
  }

  /** For both ways. */
  override updateHttpClientConfig(...change: Parameters<NodeHttpHandler["updateHttpClientConfig"]>): void {
    super.updateHttpClientConfig(...change);
    this.#proxied?.updateHttpClientConfig(...change);
  }

  /** Closes the connections of both ways. */
  override destroy(): void {
    super.destroy();
    // The SDK's handlers know their agents only once they have sent something themselves.
    this.#secureAgent.destroy();
    this.#plainAgent.destroy();
    void this.#proxyAgents?.then(({ secure, plain }) => {
      secure?.destroy();
      plain?.destroy();
    });
  }

  #loadProxyAgents(): Promise<ProxyAgents> {
    this.#proxyAgents ??= loadProxyAgents(this.#network);
    return this.#proxyAgents;
  }

  #needsProxy({ protocol, hostname, port }: Address): boolean {
    const { https, http, bypass } = this.#network.proxies;
    const isSecure = protocol === "https:";
    if ((isSecure ? https : http) === undefined) return false;
    return !bypass(unbracketed(hostname), port ?? (isSecure ? 443 : 80));
  }
}

async function loadProxyAgents(network: NetworkEnvironment): Promise<ProxyAgents> {
  const { https, http } = network.proxies;
  const { plainAgent, secureAgent } = await import("./proxy_agents.js");
  const settings = { maxSockets, timeoutMs: connectionTimeoutMs };
  return {
    secure: https === undefined ? undefined : secureAgent(https, network, settings),
    plain: http === undefined ? undefined : plainAgent(http, network, settings),
  };
}

function targetWith(agent: PlainAgent, { protocol, hostname, port, path }: Address): PostTarget {
  return { isSecure: protocol === "https:", hostname: unbracketed(hostname), port, path, agent, connectionTimeoutMs, idleTimeoutMs };
}

/** An IPv6 address as connections take it. */
function unbracketed(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}
