// Polls an HTTP server as a monitor does, each time on a new connection, and times its responses.
import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const intervalMs = 100;
/** Path of Kubernetes' probes of Fluent Bit. */
const path = "/";

/** Returns the time of the slowest response in this period; a poll without a response counts with its waiting time. */
export async function slowestResponseMs(port: number, durationMs: number): Promise<number> {
  const untilMs = performance.now() + durationMs;
  const responses: Promise<number>[] = [];
  while (performance.now() < untilMs) {
    responses.push(responseMs(port, untilMs));
    await sleep(intervalMs);
  }
  return Math.max(...(await Promise.all(responses)));
}

/** Returns the time to the response; a refused connection or a broken response counts as none. */
async function responseMs(port: number, untilMs: number): Promise<number> {
  const fromMs = performance.now();
  return new Promise((resolve) => {
    const request = get({ host: "127.0.0.1", port, path, agent: false }, (response) => {
      response.resume();
      response.once("end", () => finish(performance.now()));
    });
    const timer = setTimeout(() => finish(untilMs), Math.max(1, untilMs - fromMs));
    const finish = (atMs: number): void => {
      clearTimeout(timer);
      request.destroy();
      resolve(Math.max(0, atMs - fromMs));
    };
    request.once("error", () => finish(untilMs));
  });
}
