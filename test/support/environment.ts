// Makes the environment of a process that loads the plugin, without this machine's AWS settings.

export type Environment = Readonly<Record<string, string | undefined>>;

const DROPPED = /^(AWS_|KINESIS_|EKS_POD_|SEND_FAILURE_TIMEOUT$|FLB_|LD_|NODE_|(https?|no|all)_proxy$)/i;

/** Whether the core runs in a separate process (KINESIS_TEST_RUNTIME=process). */
export const isCoreInProcess = process.env["KINESIS_TEST_RUNTIME"] === "process";

/** Returns a child's environment: the harmless rest of our own, dummy credentials, and `extra` (undefined removes a variable). */
export function pluginEnvironment(extra: Environment = {}): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!DROPPED.test(name)) environment[name] = value;
  }
  Object.assign(environment, {
    TZ: "UTC",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "dummy-secret",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  });
  const { KINESIS_TEST_LIBNODE: libnode, KINESIS_TEST_LIBRARY_PATH: libraryPath } = process.env;
  if (isCoreInProcess) Object.assign(environment, { KINESIS_RUNTIME: "process", KINESIS_NODE: process.execPath });
  else if (libnode !== undefined && libnode !== "") environment["KINESIS_LIBNODE"] = libnode;
  if (!isCoreInProcess && libraryPath !== undefined && libraryPath !== "") environment["LD_LIBRARY_PATH"] = libraryPath;
  for (const [name, value] of Object.entries(extra)) {
    if (value === undefined) delete environment[name];
    else environment[name] = value;
  }
  return environment;
}
