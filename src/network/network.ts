/** What the environment says about the way to the services: proxies and trusted authorities. */
import type { SecureContext } from "node:tls";
import { noProxies, readProxies, type ProxySettings } from "./proxy.js";

/** Read once for an output, and used for all of its clients. */
export interface NetworkEnvironment {
  readonly proxies: ProxySettings;
  /** The authorities of AWS_CA_BUNDLE, ready for connections; undefined for those that Node trusts. */
  readonly trust: SecureContext | undefined;
  /** The same for environments that are alike. May hold a proxy's password: not for messages. */
  readonly identity: string;
}

/** No proxy, and the authorities that Node trusts. */
export const directNetwork: NetworkEnvironment = { proxies: noProxies, trust: undefined, identity: "direct" };

/** @throws ConfigurationError that names the variable */
export async function readNetworkEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<NetworkEnvironment> {
  const bundle = environment["AWS_CA_BUNDLE"] ?? "";
  const proxies = await readProxies(environment);
  const ways = [proxies.https?.url.href ?? null, proxies.http?.url.href ?? null, environment["NO_PROXY"] ?? null, environment["no_proxy"] ?? null];
  if (bundle === "") return { proxies, trust: undefined, identity: JSON.stringify(ways) };
  // Node's TLS is loaded with it, which no other init needs.
  const { trustOnly } = await import("./certificate_authorities.js");
  const { context, fingerprint } = await trustOnly(bundle);
  return { proxies, trust: context, identity: JSON.stringify([...ways, fingerprint]) };
}
