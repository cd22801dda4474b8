// Requests of Fluent Bit: which instance gets them, and what is answered when things go wrong.
import { describe, expect, it } from "vitest";
import { flushAnswers, initFailed, requestKinds, type Binding } from "../../src/binding.js";
import type { FlushOutcome } from "../../src/output_instance.js";
import { ConfigurationError } from "../../src/configuration_error.js";
import type { OutputInstance } from "../../src/output_instance.js";
import { Plugin } from "../../src/plugin.js";
import { settled } from "../support/fake_clock.js";
import { RecordedLog } from "../support/recorded_log.js";

type Flush = (chunk: Uint8Array, tag: string) => Promise<FlushOutcome>;

/** A plugin whose instances are named by the order in which they were made. */
class Bench {
  readonly log = new RecordedLog();
  readonly events: string[] = [];
  readonly answers: [requestId: number, value: number][] = [];
  readonly plugin: Plugin;
  flush: Flush = () => Promise.resolve("ok");
  close: (name: string) => Promise<void> = () => Promise.resolve();
  #made = 0;
  #requests = 0;

  constructor(create: (number: number, read: (key: string) => string | undefined) => void = () => undefined) {
    const binding: Binding = {
      serve: () => undefined,
      close: () => void this.events.push("binding closed"),
      answer: (requestId, value) => void this.answers.push([requestId, value]),
      option: (requestId, key) => `${key} of request ${requestId}`,
      setOptions: () => [],
      outputInstance: () => undefined,
      hasHostLog: false,
      log: () => false,
      openMetrics: () => 0,
      updateMetrics: () => false,
      zoneAbbreviation: () => "UTC",
      messageDescriptor: 2,
      place: "in a test",
      releaseCode: () => undefined,
      exitProcess: () => {
        throw new Error("not here");
      },
    };
    this.plugin = new Plugin(binding, this.log, (number, read) => {
      create(number, read);
      const name = `instance ${this.#made++}`;
      const instance: Pick<OutputInstance, "flush" | "close"> = {
        flush: (chunk, tag) => {
          this.events.push(`${name} flushes ${chunk.length} bytes of ${tag}`);
          return this.flush(chunk, tag);
        },
        close: async () => {
          await this.close(name);
          this.events.push(`${name} closed`);
        },
      };
      return instance as OutputInstance;
    });
  }

  /** Hands over a request; gives its number. */
  ask(kind: number, instance = 0, chunk?: ArrayBuffer): number {
    const requestId = this.#requests++;
    this.plugin.handle(requestId, kind, instance, chunk, "tag");
    return requestId;
  }

  /** The answer to a request; undefined when there is none. */
  async answerTo(kind: number, instance = 0, chunk?: ArrayBuffer): Promise<number | undefined> {
    const asked = this.ask(kind, instance, chunk);
    await settled();
    const found = this.answers.filter(([requestId]) => requestId === asked);
    expect(found.length).toBeLessThan(2);
    return found[0]?.[1];
  }
}

const { init, flush, exit, stop } = requestKinds;

describe("init", () => {
  it("answers the instances' numbers from 0 on", async () => {
    const bench = new Bench();
    expect([await bench.answerTo(init), await bench.answerTo(init), await bench.answerTo(init)]).toEqual([0, 1, 2]);
  });

  it("gives the smallest number that is free", async () => {
    const bench = new Bench();
    for (let count = 0; count < 3; count++) await bench.answerTo(init);
    await bench.answerTo(exit, 1);
    expect(await bench.answerTo(init)).toBe(1);
    expect(await bench.answerTo(init)).toBe(3);
  });

  it("gives two that are made at the same time numbers of their own", async () => {
    const bench = new Bench();
    const asked = [bench.ask(init), bench.ask(init)];
    await settled();
    expect(bench.answers).toEqual(asked.map((requestId, number) => [requestId, number]));
  });

  it("reads the options of its own request", async () => {
    const seen: (string | undefined)[] = [];
    const bench = new Bench((_, read) => void seen.push(read("stream")));
    await bench.answerTo(init);
    await bench.answerTo(init);
    expect(seen).toEqual(["stream of request 0", "stream of request 1"]);
  });

  it("with a wrong option answers so, says why, and takes no number", async () => {
    let isWrong = false;
    const bench = new Bench(() => {
      if (isWrong) throw new ConfigurationError("Invalid 'x' value");
    });
    await bench.answerTo(init);
    isWrong = true;
    expect(await bench.answerTo(init)).toBe(initFailed);
    expect(bench.log.messages).toEqual([
      { level: "error", text: "[kinesis] Failed to initialize plugin: [kinesis 1] Invalid 'x' value" },
    ]);
    isWrong = false;
    expect(await bench.answerTo(init)).toBe(1);
  });

  it("that meets a bug answers so, and asks to report it", async () => {
    const bench = new Bench(() => {
      throw new TypeError("oops");
    });
    expect(await bench.answerTo(init)).toBe(initFailed);
    expect(bench.log.at("error")).toEqual([expect.stringContaining("please report it: TypeError: oops")]);
  });
});

describe("flush", () => {
  it.each(["ok", "retry"] as const)("passes on the answer %s", async (answer) => {
    const bench = new Bench();
    await bench.answerTo(init);
    bench.flush = () => Promise.resolve(answer);
    expect(await bench.answerTo(flush, 0, new ArrayBuffer(5))).toBe(flushAnswers[answer]);
  });

  it("goes to its instance, with chunk and tag", async () => {
    const bench = new Bench();
    await bench.answerTo(init);
    await bench.answerTo(init);
    await bench.answerTo(flush, 1, new ArrayBuffer(5));
    expect(bench.events).toEqual(["instance 1 flushes 5 bytes of tag"]);
  });

  it("of an instance that is not there, or no more, answers retry", async () => {
    const bench = new Bench();
    expect(await bench.answerTo(flush, 7, new ArrayBuffer(5))).toBe(flushAnswers.retry);
    await bench.answerTo(init);
    await bench.answerTo(exit, 0);
    expect(await bench.answerTo(flush, 0, new ArrayBuffer(5))).toBe(flushAnswers.retry);
    expect(bench.events).toEqual(["instance 0 closed"]);
  });

  it.each<[string, Flush]>([
    ["throws", () => { throw new Error("oops"); }],
    ["rejects", () => Promise.reject(new Error("oops"))],
  ])("that %s answers retry with one message, and the next is answered as ever", async (_, failing) => {
    const bench = new Bench();
    await bench.answerTo(init);
    bench.flush = failing;
    expect(await bench.answerTo(flush, 0, new ArrayBuffer(5))).toBe(flushAnswers.retry);
    expect(bench.log.messages).toHaveLength(1);
    expect(bench.log.at("error")[0]).toContain("Unexpected error, please report it: Error: oops");
    bench.flush = () => Promise.resolve("ok");
    expect(await bench.answerTo(flush, 0, new ArrayBuffer(5))).toBe(flushAnswers.ok);
  });

  it("does not wait for others", async () => {
    const bench = new Bench();
    await bench.answerTo(init);
    bench.flush = () => new Promise(() => undefined);
    expect(await bench.answerTo(flush)).toBeUndefined();
    bench.flush = () => Promise.resolve("ok");
    expect(await bench.answerTo(flush)).toBe(flushAnswers.ok);
  });
});

describe("after an error that nobody caught", () => {
  it("all who wait are released, each once", async () => {
    const bench = new Bench();
    await bench.answerTo(init);
    const finish: ((answer: FlushOutcome) => void)[] = [];
    bench.flush = () => new Promise((resolve) => void finish.push(resolve));
    const waiting = [bench.ask(flush), bench.ask(flush)];
    await settled();
    bench.answers.length = 0;
    bench.plugin.releaseAll(new Error("out of nowhere"));
    const released = waiting.map((requestId) => [requestId, flushAnswers.retry]);
    expect(bench.answers).toEqual(released);
    expect(bench.log.at("error")).toEqual([expect.stringContaining("out of nowhere")]);
    for (const resolve of finish) resolve("ok");
    await settled();
    expect(bench.answers).toEqual(released);
  });

  it("a stop that waits closes the binding", async () => {
    const bench = new Bench();
    await bench.answerTo(init);
    bench.close = () => new Promise(() => undefined);
    bench.ask(stop);
    await settled();
    expect(bench.events).toEqual([]);
    bench.plugin.releaseAll("text");
    expect(bench.events).toEqual(["binding closed"]);
  });
});

describe("exit", () => {
  it("closes its instance before it is answered", async () => {
    const bench = new Bench();
    await bench.answerTo(init);
    await bench.answerTo(init);
    let finish = (): void => undefined;
    bench.close = () => new Promise((resolve) => (finish = resolve));
    const asked = bench.ask(exit, 1);
    await settled();
    expect(bench.answers).not.toContainEqual([asked, flushAnswers.ok]);
    finish();
    await settled();
    expect(bench.answers).toContainEqual([asked, flushAnswers.ok]);
    expect(bench.events).toEqual(["instance 1 closed"]);
  });

  it("without an instance's number closes the oldest, which need not be the smallest number", async () => {
    const bench = new Bench();
    await bench.answerTo(init);
    await bench.answerTo(init);
    await bench.answerTo(exit, 0);
    await bench.answerTo(init);
    for (let count = 0; count < 3; count++) expect(await bench.answerTo(exit, -1)).toBe(flushAnswers.ok);
    expect(bench.events).toEqual(["instance 0 closed", "instance 1 closed", "instance 2 closed"]);
  });

  it("of the number 0 closes that one, also when it is not the oldest", async () => {
    const bench = new Bench();
    await bench.answerTo(init);
    await bench.answerTo(init);
    await bench.answerTo(exit, 0);
    await bench.answerTo(init);
    await bench.answerTo(exit, 0);
    expect(bench.events).toEqual(["instance 0 closed", "instance 2 closed"]);
  });

  it("of an instance that is not there is answered", async () => {
    expect(await new Bench().answerTo(exit, 3)).toBe(flushAnswers.ok);
  });
});

describe("stop", () => {
  it("closes all instances, and then the binding", async () => {
    const bench = new Bench();
    for (let count = 0; count < 3; count++) await bench.answerTo(init);
    await bench.answerTo(exit, 1);
    bench.close = () => settled();
    bench.ask(stop);
    await settled();
    await settled();
    expect(bench.events).toEqual(["instance 1 closed", "instance 0 closed", "instance 2 closed", "binding closed"]);
  });

  it("closes the binding even when an instance cannot be closed", async () => {
    const bench = new Bench();
    await bench.answerTo(init);
    bench.close = () => Promise.reject(new Error("oops"));
    await bench.answerTo(stop);
    expect(bench.events).toEqual(["binding closed"]);
    expect(bench.log.at("error")).toHaveLength(1);
  });

  it("is the only request that closes it", async () => {
    const bench = new Bench();
    await bench.answerTo(init);
    await bench.answerTo(flush);
    await bench.answerTo(exit, 0);
    expect(bench.events).not.toContain("binding closed");
  });
});
