/** Releases the memory of Node's code after the start and after requests, to keep resident memory small at rest. */

/** Delay after the first request; the client is loaded by then (host/late_client.ts). */
const firstDelayMs = 1000;

/** Delay after later requests. A release costs about 6 ms (release plus page faults): little once in 10 s. */
const laterDelayMs = 10_000;

/** Returns a function to call at each request. The call schedules `release` unless a release is already scheduled. */
export function releaseAfterRequests(release: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let delayMs = firstDelayMs;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      release();
    }, delayMs).unref();
    delayMs = laterDelayMs;
  };
}
