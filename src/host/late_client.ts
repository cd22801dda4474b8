/** A Kinesis client that comes after its output: loading the SDK takes as long as everything else in an init. */
import type { PutRecordsClient, RequestFailure } from "../delivery/kinesis_client.js";
import type { ShardLister } from "../delivery/shard_list.js";

type Client = PutRecordsClient & ShardLister;

/**
 * Fluent Bit goes on with its start meanwhile, and has its first chunk some 100 ms later: by then the client is there. A
 * flush that comes sooner does not wait for the delay.
 */
const delayMs = 10;

/** Loads the client with the first request, or a moment after the init, whichever comes first. */
export function lateClient(load: () => Promise<Client>): Client {
  let loading: Promise<Client | RequestFailure> | undefined;
  let isClosed = false;
  const client = () => (isClosed ? closed : (loading ??= load().catch(failure)));
  const timer = setTimeout(() => void client(), delayMs).unref();
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

/** A client that nobody would close is not loaded any more. */
const closed: RequestFailure = { kind: "failed", code: "AbortError", message: "the output is closed", cause: "setup" };

function failure(error: unknown): RequestFailure {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { kind: "failed", code: name, message, cause: "setup" };
}
