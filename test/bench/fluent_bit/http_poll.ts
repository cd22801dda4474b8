// Polls an HTTP server as a monitor does, each time on a new connection, and times its answers.
import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const intervalMs = 100;
/** What Kubernetes' probes of Fluent Bit ask for. */
const path = "/";

/** The slowest answer of all polls in this time; a poll that has none by its end counts as long as it waited. */
export async function slowestAnswerMs(port: number, durationMs: number): Promise<number> {
  const untilMs = performance.now() + durationMs;
  const answers: Promise<number>[] = [];
  while (performance.now() < untilMs) {
    answers.push(answerMs(port, untilMs));
    await sleep(intervalMs);
  }
  return Math.max(...(await Promise.all(answers)));
}

/** A refused connection or a broken answer counts as no answer. */
async function answerMs(port: number, untilMs: number): Promise<number> {
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
