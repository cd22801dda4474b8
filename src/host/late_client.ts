/** Loads the Kinesis client after the init of its output: loading the SDK takes as long as the rest of the init. */
import type { PutRecordsClient, RequestFailure } from "../delivery/kinesis_client.js";
import type { ShardLister } from "../delivery/shard_list.js";

type Client = PutRecordsClient & ShardLister;

/** Time from the init to the load, so that Fluent Bit continues its start first. Its first chunk comes about 100 ms later. */
const loadDelayMs = 10;

/** Returns a client that loads with its first request, or after a delay, whichever comes first. */
export function lateClient(load: () => Promise<Client>): Client {
  let loading: Promise<Client | RequestFailure> | undefined;
  let isClosed = false;
  const client = () => (isClosed ? closed : (loading ??= load().catch(failure)));
  const timer = setTimeout(() => void client(), loadDelayMs).unref();
  return {
    async putRecords(...request) {
      const loaded = await client();
      return "kind" in loaded ? loaded : loaded.putRecords(...request);
    },
    async listShards(...request) {
      const loaded = await client();
      return "kind" in loaded ? loaded : loaded.listShards(...request);
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      clearTimeout(timer);
      void loading?.then((loaded) => "kind" in loaded ? undefined : loaded.close());
    },
  };
}

/** The outcome after close(): a client loaded then would never be closed. */
const closed: RequestFailure = { kind: "failed", code: "AbortError", message: "the output is closed", cause: "setup" };

function failure(error: unknown): RequestFailure {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { kind: "failed", code: name, message, cause: "setup" };
}
