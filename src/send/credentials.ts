/** Credentials: the default chain, with the roles of EKS_POD_EXECUTION_ROLE and role_arn assumed on top. */
import { fromNodeProviderChain, fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import { createHttpHandler } from "./http_handler.js";

type CredentialProvider = ReturnType<typeof fromTemporaryCredentials>;

/** Which roles to assume, in this order, and where. */
export interface RoleOptions {
  readonly region: string;
  readonly eksPodExecutionRole: string | undefined;
  readonly roleArn: string | undefined;
  readonly stsEndpoint: string | undefined;
}

const roleSessionName = "fluent-bit-kinesis";

/** A provider that refreshes what it gives before it expires. */
export function credentialsFor(options: RoleOptions): CredentialProvider {
  const { region, stsEndpoint } = options;
  let provider: CredentialProvider = fromNodeProviderChain({ clientConfig: { region } });
  for (const roleArn of [options.eksPodExecutionRole, options.roleArn]) {
    if (roleArn === undefined) continue;
    provider = fromTemporaryCredentials({
      masterCredentials: provider,
      params: { RoleArn: roleArn, RoleSessionName: roleSessionName },
      clientConfig: {
        region,
        requestHandler: createHttpHandler(),
        ...(stsEndpoint === undefined ? {} : { endpoint: stsEndpoint }),
      },
    });
  }
  return provider;
}
