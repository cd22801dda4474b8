/** Reads the network settings of the environment: proxies and trusted authorities. */
import type { SecureContext } from "node:tls";
import { noProxies, readProxies, type ProxySettings } from "./proxy.js";

/** Network settings, read once per output and used by all its clients. */
export interface NetworkEnvironment {
  readonly proxies: ProxySettings;
  /** The authorities of AWS_CA_BUNDLE, ready for connections; undefined for Node's own. */
  readonly trust: SecureContext | undefined;
  /** Equal for equal settings. May contain a proxy's password: never log it. */
  readonly identity: string;
}

/** No proxy, and Node's own authorities. */
export const directNetwork: NetworkEnvironment = { proxies: noProxies, trust: undefined, identity: "direct" };

/** Reads the environment. @throws ConfigurationError that names the variable */
export async function readNetworkEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<NetworkEnvironment> {
  const bundle = environment["AWS_CA_BUNDLE"] ?? "";
  const proxies = await readProxies(environment);
  const ways = [proxies.https?.url.href ?? null, proxies.http?.url.href ?? null, environment["NO_PROXY"] ?? null, environment["no_proxy"] ?? null];
  if (bundle === "") return { proxies, trust: undefined, identity: JSON.stringify(ways) };
  // Loads node:tls on first use: an init without AWS_CA_BUNDLE does not need it.
  const { trustOnly } = await import("./certificate_authorities.js");
  const { context, fingerprint } = await trustOnly(bundle);
  return { proxies, trust: context, identity: JSON.stringify([...ways, fingerprint]) };
}
