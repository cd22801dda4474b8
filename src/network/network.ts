/** What the environment says about the way to the services: proxies and trusted authorities. */
import type { SecureContext } from "node:tls";
import { noProxies, readProxies, type ProxySettings } from "./proxy.js";

/** Read once for an output, and used for all of its clients. */
export interface NetworkEnvironment {
  readonly proxies: ProxySettings;
  /** The authorities of AWS_CA_BUNDLE, ready for connections; undefined for those that Node trusts. */
  readonly trust: SecureContext | undefined;
}

/** No proxy, and the authorities that Node trusts. */
export const directNetwork: NetworkEnvironment = { proxies: noProxies, trust: undefined };

/** @throws ConfigurationError that names the variable */
export async function readNetworkEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<NetworkEnvironment> {
  const bundle = environment["AWS_CA_BUNDLE"] ?? "";
  const proxies = await readProxies(environment);
  if (bundle === "") return { proxies, trust: undefined };
  // Node's TLS is loaded with it, which no other init needs.
  const { trustOnly } = await import("./certificate_authorities.js");
  return { proxies, trust: trustOnly(bundle) };
}
