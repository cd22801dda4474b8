/** What the environment says about the way to the services: proxies and trusted authorities. */
import type { SecureContext } from "node:tls";
import { trustOnly } from "./certificate_authorities.js";
import { readProxies, type ProxySettings } from "./proxy.js";

/** Read once for an output, and used for all of its clients. */
export interface NetworkEnvironment {
  readonly proxies: ProxySettings;
  /** The authorities of AWS_CA_BUNDLE, ready for connections; undefined for those that Node trusts. */
  readonly trust: SecureContext | undefined;
}

/** No proxy, and the authorities that Node trusts. */
export const directNetwork: NetworkEnvironment = readNetworkEnvironment({});

/** @throws ConfigurationError that names the variable */
export function readNetworkEnvironment(environment: Readonly<Record<string, string | undefined>>): NetworkEnvironment {
  const bundle = environment["AWS_CA_BUNDLE"] ?? "";
  return { proxies: readProxies(environment), trust: bundle === "" ? undefined : trustOnly(bundle) };
}
