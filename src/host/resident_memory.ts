/** When the memory of Node's code is given back: after the start, and after requests, so that it is small at rest. */

/** The first time, when the client has been loaded (host/late_client.ts). */
const startMs = 1000;

/** It costs 3 ms, and as much again until what is in use has come back: nothing in so long. */
const pauseMs = 10_000;

/** Gives a function to call at each request: some time after it `release` is called, but once in a pause. */
export function releaseAfterRequests(release: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let delayMs = startMs;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      release();
    }, delayMs).unref();
    delayMs = pauseMs;
  };
}
