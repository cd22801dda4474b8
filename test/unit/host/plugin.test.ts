// Requests of Fluent Bit: the output that gets each, and the replies, also after errors.
import { describe, expect, it } from "vitest";
import { flushReplies, initFailed, requestKinds } from "../../../src/host/binding.js";
import type { Reply, WaitingChunk } from "../../../src/output/flush.js";
import type { Output } from "../../../src/output/output.js";
import { ConfigurationError } from "../../../src/configuration_error.js";
import { Plugin } from "../../../src/host/plugin.js";
import { FakeBinding } from "../../support/fake_binding.js";
import { JumpingClock, settled } from "../../support/fake_clock.js";
import { RecordedLog } from "../../support/recorded_log.js";

type Flush = (chunk: WaitingChunk, tag: string) => Promise<Reply>;
type Close = (name: string, sinceMs: number, isAlive: () => void) => Promise<void>;

/** Reads a chunk and replies ok; retry when the chunk was withdrawn. */
const reading: Flush = async (chunk) => ((await chunk.open()) === undefined ? "retry" : "ok");
const hanging = (): Promise<never> => new Promise(() => undefined);

/** A plugin whose instances are named in the order of their creation. */
class Bench {
  readonly binding = new FakeBinding();
  readonly clock = new JumpingClock();
  readonly log = new RecordedLog();
  readonly events: string[] = [];
  /** The instances that expect their end, in order. */
  readonly expecting: string[] = [];
  /** The numbers of instances that have ended, in order. */
  readonly ended: number[] = [];
  readonly plugin: Plugin;
  flush: Flush = () => Promise.resolve("ok");
  close: Close = () => Promise.resolve();
  #made = 0;
  #requests = 0;
  #inits = 0;

  constructor(create: (number: number, read: (key: string) => string | undefined) => void = () => undefined) {
    this.binding.close = () => void this.events.push("binding closed");
    const { binding, log, clock } = this;
    const ended = (number: number) => void this.ended.push(number);
    this.plugin = new Plugin({ binding, log, now: clock.now, ended }, (number, read) => {
      create(number, read);
      const name = `instance ${this.#made++}`;
      const instance: Pick<Output, "flush" | "close" | "expectEnd"> = {
        expectEnd: () => void this.expecting.push(name),
        flush: (chunk, tag, blocks) => {
          this.events.push(`${name} flushes ${chunk.bytes} bytes of ${tag}${blocks ? ", blocking" : ""}`);
          return this.flush(chunk, tag);
        },
        close: async (sinceMs, isAlive) => {
          await this.close(name, sinceMs, isAlive);
          this.events.push(`${name} closed`);
        },
      };
      return instance as Output;
    });
  }

  get replies(): [requestId: number, value: number][] {
    return this.binding.replies;
  }

  /** The id of the next request. */
  get nextId(): number {
    return this.#requests;
  }

  /** Passes a request to the plugin; an init gets the next number unless one is given. Returns the request's id. */
  send(kind: number, instance = kind === requestKinds.init ? this.#inits++ : 0, chunkBytes = 0, blocks = false): number {
    const requestId = this.#requests++;
    this.plugin.handle(requestId, kind, instance, chunkBytes, "tag", blocks);
    return requestId;
  }

  /** Returns the reply to a new request; undefined when there is none. */
  async replyTo(kind: number, instance?: number, chunkBytes = 0, blocks = false): Promise<number | undefined> {
    return this.replyOf(this.send(kind, instance, chunkBytes, blocks));
  }

  async replyOf(id: number): Promise<number | undefined> {
    await settled();
    const found = this.replies.filter(([requestId]) => requestId === id);
    expect(found.length).toBeLessThan(2);
    return found[0]?.[1];
  }

  /** Announces a chunk that has arrived, or that was withdrawn in transit (null). */
  async arrive(flushId: number, chunk: ArrayBuffer | null): Promise<void> {
    this.binding.chunks.set(flushId, chunk);
    this.plugin.handle(flushId, requestKinds.chunk, 0, chunk?.byteLength ?? 0, "tag", false);
    await settled();
  }
}

const { init, flush, exit, stop, withdraw } = requestKinds;

describe("init", () => {
  it("opens the instance under the number that the shim has chosen, and replies ok", async () => {
    const numbers: number[] = [];
    const bench = new Bench((number) => void numbers.push(number));
    expect([await bench.replyTo(init, 3), await bench.replyTo(init, 0)]).toEqual([flushReplies.ok, flushReplies.ok]);
    expect(numbers).toEqual([3, 0]);
    await bench.replyTo(flush, 3, 5);
    expect(bench.events).toEqual(["instance 0 flushes 5 bytes of tag"]);
  });

  it("under the number of an instance whose exit timed out is not ended by that exit", async () => {
    const bench = new Bench();
    await bench.replyTo(init, 0);
    let close = (): void => undefined;
    bench.close = () => new Promise((resolve) => (close = resolve));
    const exiting = bench.send(exit, 0);
    expect(await bench.replyTo(init, 0)).toBe(flushReplies.ok);
    close();
    expect(await bench.replyOf(exiting)).toBe(flushReplies.ok);
    expect(bench.ended).toEqual([]);
    bench.close = () => Promise.resolve();
    await bench.replyTo(exit, 0);
    expect(bench.ended).toEqual([0]);
  });

  it("reads the options of its own request", async () => {
    const seen: (string | undefined)[] = [];
    const bench = new Bench((_, read) => void seen.push(read("stream")));
    await bench.replyTo(init);
    await bench.replyTo(init);
    expect(seen).toEqual(["stream of request 0", "stream of request 1"]);
  });

  it("with an invalid option fails and logs the reason", async () => {
    let isWrong = false;
    const bench = new Bench(() => {
      if (isWrong) throw new ConfigurationError("Invalid 'x' value");
    });
    await bench.replyTo(init, 0);
    isWrong = true;
    expect(await bench.replyTo(init, 1)).toBe(initFailed);
    expect(bench.ended).toEqual([1]);
    expect(bench.log.messages).toEqual([
      { level: "error", text: "[kinesis] Failed to initialize plugin: [kinesis 1] Invalid 'x' value" },
    ]);
    isWrong = false;
    expect(await bench.replyTo(init, 1)).toBe(flushReplies.ok);
  });

  it("with a bug fails and asks the user to report it", async () => {
    const bench = new Bench(() => {
      throw new TypeError("oops");
    });
    expect(await bench.replyTo(init)).toBe(initFailed);
    expect(bench.log.at("error")).toEqual([expect.stringContaining("please report it: TypeError: oops")]);
  });
});

describe("flush", () => {
  it.each(["ok", "retry"] as const)("replies %s as its instance does", async (reply) => {
    const bench = new Bench();
    await bench.replyTo(init);
    bench.flush = () => Promise.resolve(reply);
    expect(await bench.replyTo(flush, 0, 5)).toBe(flushReplies[reply]);
  });

  it("goes to its instance, with its chunk's size, its tag, and whether it blocks", async () => {
    const bench = new Bench();
    await bench.replyTo(init);
    await bench.replyTo(init);
    await bench.replyTo(flush, 1, 5);
    await bench.replyTo(flush, 0, 6, true);
    expect(bench.events).toEqual(["instance 1 flushes 5 bytes of tag", "instance 0 flushes 6 bytes of tag, blocking"]);
  });

  it("of an instance that does not exist, or has ended, replies retry", async () => {
    const bench = new Bench();
    expect(await bench.replyTo(flush, 7, 5)).toBe(flushReplies.retry);
    await bench.replyTo(init);
    await bench.replyTo(exit, 0);
    expect(await bench.replyTo(flush, 0, 5)).toBe(flushReplies.retry);
    expect(bench.events).toEqual(["instance 0 closed"]);
  });

  it.each<[string, Flush]>([
    ["throws", () => { throw new Error("oops"); }],
    ["rejects", () => Promise.reject(new Error("oops"))],
  ])("that %s replies retry with one message, and the next flush works", async (_, failing) => {
    const bench = new Bench();
    await bench.replyTo(init);
    bench.flush = failing;
    expect(await bench.replyTo(flush, 0, 5)).toBe(flushReplies.retry);
    expect(bench.log.messages).toHaveLength(1);
    expect(bench.log.at("error")[0]).toContain("Unexpected error, please report it: Error: oops");
    bench.flush = () => Promise.resolve("ok");
    expect(await bench.replyTo(flush, 0, 5)).toBe(flushReplies.ok);
  });

  it("does not wait for other flushes", async () => {
    const bench = new Bench();
    await bench.replyTo(init);
    bench.flush = hanging;
    expect(await bench.replyTo(flush)).toBeUndefined();
    bench.flush = () => Promise.resolve("ok");
    expect(await bench.replyTo(flush)).toBe(flushReplies.ok);
  });
});

describe("the chunk of a flush", () => {
  it("is fetched only when the instance opens it, and has the bytes of Fluent Bit's memory", async () => {
    const bench = new Bench();
    await bench.replyTo(init);
    const contents: Uint8Array[] = [];
    let begin: () => void = () => undefined;
    bench.flush = async (chunk) => {
      await new Promise<void>((resolve) => (begin = resolve));
      const content = await chunk.open();
      if (content !== undefined) contents.push(content);
      return "ok";
    };
    const id = bench.send(flush, 0, 3);
    bench.binding.chunks.set(id, Uint8Array.of(1, 2, 3).buffer);
    await settled();
    expect(bench.binding.asked).toEqual([]);
    begin();
    expect(await bench.replyOf(id)).toBe(flushReplies.ok);
    expect(bench.binding.asked).toEqual([id]);
    expect(contents).toEqual([Uint8Array.of(1, 2, 3)]);
  });

  it("that is in transit is fetched again when it has arrived", async () => {
    const bench = new Bench();
    await bench.replyTo(init);
    const contents: (Uint8Array | undefined)[] = [];
    bench.flush = async (chunk) => {
      contents.push(await chunk.open());
      return "ok";
    };
    const id = bench.send(flush, 0, 2);
    expect(await bench.replyOf(id)).toBeUndefined();
    await bench.arrive(id, Uint8Array.of(7, 8).buffer);
    expect(contents).toEqual([Uint8Array.of(7, 8)]);
    expect(bench.binding.asked).toEqual([id, id]);
    expect(await bench.replyOf(id)).toBe(flushReplies.ok);
  });

  it("reaches its own flush when several chunks are in transit", async () => {
    const bench = new Bench();
    await bench.replyTo(init);
    const contents: (Uint8Array | undefined)[] = [];
    bench.flush = async (chunk) => {
      contents.push(await chunk.open());
      return "ok";
    };
    const [first, second] = [bench.send(flush, 0, 1), bench.send(flush, 0, 1)];
    await bench.arrive(second, Uint8Array.of(2).buffer);
    await bench.arrive(first, Uint8Array.of(1).buffer);
    expect(contents).toEqual([Uint8Array.of(2), Uint8Array.of(1)]);
    expect(bench.replies.slice(1)).toEqual([[second, flushReplies.ok], [first, flushReplies.ok]]);
  });

  it.each(["before it is fetched", "in transit"])("that is withdrawn %s does not open, and its flush gets the reply retry", async (when) => {
    const bench = new Bench();
    await bench.replyTo(init);
    bench.flush = reading;
    if (when === "before it is fetched") bench.binding.chunks.set(bench.nextId, null);
    const id = bench.send(flush, 0, 1);
    await settled();
    if (when === "in transit") await bench.arrive(id, null);
    expect(await bench.replyOf(id)).toBe(flushReplies.retry);
  });

  it("that arrives after the reply to its flush is not read", async () => {
    const bench = new Bench();
    await bench.replyTo(init);
    bench.flush = reading;
    const id = bench.send(flush, 0, 1);
    await settled();
    bench.plugin.releaseAll("text");
    await bench.arrive(id, new ArrayBuffer(1));
    expect(bench.binding.asked).toEqual([id]);
    expect(await bench.replyOf(id)).toBe(flushReplies.retry);
  });

  it("that no flush waits for is not read", async () => {
    const bench = new Bench();
    await bench.replyTo(init);
    await bench.arrive(99, new ArrayBuffer(1));
    expect(bench.binding.asked).toEqual([]);
    expect(bench.log.messages).toEqual([]);
  });
});

describe("withdraw", () => {
  it("replies retry to its flush immediately, and ok to itself", async () => {
    const bench = new Bench();
    await bench.replyTo(init);
    bench.flush = hanging;
    const id = bench.send(flush, 0, 1);
    expect(await bench.replyTo(withdraw, id)).toBe(flushReplies.ok);
    expect(await bench.replyOf(id)).toBe(flushReplies.retry);
  });

  it("does not affect other flushes", async () => {
    const bench = new Bench();
    await bench.replyTo(init);
    bench.flush = hanging;
    const [gone, staying] = [bench.send(flush, 0, 1), bench.send(flush, 0, 1)];
    await bench.replyTo(withdraw, gone);
    expect(await bench.replyOf(staying)).toBeUndefined();
  });

  it("before the chunk is fetched prevents the fetch", async () => {
    const bench = new Bench();
    await bench.replyTo(init);
    let begin: () => void = () => undefined;
    const outcomes: Reply[] = [];
    bench.flush = async (chunk, tag) => {
      await new Promise<void>((resolve) => (begin = resolve));
      const outcome = await reading(chunk, tag);
      outcomes.push(outcome);
      return outcome;
    };
    const id = bench.send(flush, 0, 1);
    bench.binding.chunks.set(id, new ArrayBuffer(1));
    await settled();
    await bench.replyTo(withdraw, id);
    begin();
    await settled();
    expect(bench.binding.asked).toEqual([]);
    expect(outcomes).toEqual(["retry"]);
    expect(await bench.replyOf(id), "once").toBe(flushReplies.retry);
  });

  it("of a chunk in transit ends the wait for it", async () => {
    const bench = new Bench();
    await bench.replyTo(init);
    const outcomes: Reply[] = [];
    bench.flush = async (chunk, tag) => {
      const outcome = await reading(chunk, tag);
      outcomes.push(outcome);
      return outcome;
    };
    const id = bench.send(flush, 0, 1);
    await settled();
    await bench.replyTo(withdraw, id);
    expect(outcomes).toEqual(["retry"]);
    expect(await bench.replyOf(id)).toBe(flushReplies.retry);
  });

  it("of a flush that has its reply, or does not exist, gets the reply ok", async () => {
    const bench = new Bench();
    await bench.replyTo(init);
    const id = bench.send(flush, 0, 1);
    expect(await bench.replyOf(id)).toBe(flushReplies.ok);
    for (const flushId of [id, 99]) expect(await bench.replyTo(withdraw, flushId)).toBe(flushReplies.ok);
    expect(await bench.replyOf(id)).toBe(flushReplies.ok);
    expect(bench.replies.map(([requestId]) => requestId)).not.toContain(99);
  });
});

describe("after an uncaught error", () => {
  it("all waiting flushes get the reply retry, once", async () => {
    const bench = new Bench();
    await bench.replyTo(init);
    const finish: ((reply: Reply) => void)[] = [];
    bench.flush = () => new Promise((resolve) => void finish.push(resolve));
    const waiting = [bench.send(flush), bench.send(flush)];
    await settled();
    bench.replies.length = 0;
    bench.plugin.releaseAll(new Error("out of nowhere"));
    const released = waiting.map((requestId) => [requestId, flushReplies.retry]);
    expect(bench.replies).toEqual(released);
    expect(bench.log.at("error")).toEqual([expect.stringContaining("out of nowhere")]);
    for (const resolve of finish) resolve("ok");
    await settled();
    expect(bench.replies).toEqual(released);
  });

  it("a waiting stop closes the binding", async () => {
    const bench = new Bench();
    await bench.replyTo(init);
    bench.close = hanging;
    bench.send(stop);
    await settled();
    expect(bench.events).toEqual([]);
    bench.plugin.releaseAll("text");
    expect(bench.events).toEqual(["binding closed"]);
  });
});

describe("exit", () => {
  it("closes its instance before it gets its reply", async () => {
    const bench = new Bench();
    await bench.replyTo(init);
    await bench.replyTo(init);
    let finish = (): void => undefined;
    bench.close = () => new Promise((resolve) => (finish = resolve));
    const id = bench.send(exit, 1);
    await settled();
    expect(bench.replies).not.toContainEqual([id, flushReplies.ok]);
    finish();
    await settled();
    expect(bench.replies).toContainEqual([id, flushReplies.ok]);
    expect(bench.events).toEqual(["instance 1 closed"]);
  });

  it("makes all other instances expect their end, since Fluent Bit ends its outputs together", async () => {
    const bench = new Bench();
    for (let count = 0; count < 3; count++) await bench.replyTo(init);
    bench.close = hanging;
    bench.send(exit, 1);
    expect(bench.expecting).toEqual(["instance 0", "instance 2"]);
  });

  it("of the number 0 closes that instance, also when it is not the oldest", async () => {
    const bench = new Bench();
    await bench.replyTo(init);
    await bench.replyTo(init);
    await bench.replyTo(exit, 0);
    await bench.replyTo(init, 0);
    await bench.replyTo(exit, 0);
    expect(bench.events).toEqual(["instance 0 closed", "instance 2 closed"]);
  });

  it("extends its own time limit in Fluent Bit while it goes on", async () => {
    const bench = new Bench();
    for (let count = 0; count < 2; count++) await bench.replyTo(init);
    const alive: (() => void)[] = [];
    bench.close = (_, __, isAlive) => {
      alive.push(isAlive);
      return hanging();
    };
    const ids = [bench.send(exit, 0), bench.send(exit, 1)];
    await settled();
    for (const place of [0, 1, 1]) alive[place]?.();
    expect(bench.binding.extended).toEqual([ids[0], ids[1], ids[1]]);
  });

  it("waits for the flushes of its instance, which get their replies meanwhile", async () => {
    const bench = new Bench();
    await bench.replyTo(init);
    let finish: (outcome: Reply) => void = () => undefined;
    const flushed = new Promise<Reply>((resolve) => (finish = resolve));
    bench.flush = () => flushed;
    bench.close = async () => {
      await flushed;
    };
    const id = bench.send(flush, 0, 1);
    const exiting = bench.send(exit, 0);
    expect(await bench.replyTo(flush, 0, 1), "a flush that comes during the exit").toBe(flushReplies.retry);
    expect(await bench.replyOf(exiting)).toBeUndefined();
    finish("ok");
    expect(await bench.replyOf(id)).toBe(flushReplies.ok);
    expect(await bench.replyOf(exiting)).toBe(flushReplies.ok);
  });

  it("of several outputs counts its time from the first exit", async () => {
    const bench = new Bench();
    for (let count = 0; count < 3; count++) await bench.replyTo(init);
    const since: number[] = [];
    bench.close = (_, sinceMs) => {
      since.push(sinceMs);
      bench.clock.nowMs += 7000;
      return Promise.resolve();
    };
    for (let count = 0; count < 3; count++) await bench.replyTo(exit, count);
    expect(since).toEqual([1000, 1000, 1000]);
  });

  it.each([
    ["after all outputs have ended", 1],
    ["after an output of a reload was made", 2],
  ])("starts to count its time again %s", async (_, made) => {
    const bench = new Bench();
    for (let count = 0; count < made; count++) await bench.replyTo(init);
    const since: number[] = [];
    bench.close = (__, sinceMs) => {
      since.push(sinceMs);
      return Promise.resolve();
    };
    await bench.replyTo(exit, 0);
    bench.clock.nowMs += 60_000;
    await bench.replyTo(init, 0);
    await bench.replyTo(exit, 0);
    expect(since).toEqual([1000, 61_000]);
  });

  it("of an instance that does not exist replies ok", async () => {
    expect(await new Bench().replyTo(exit, 3)).toBe(flushReplies.ok);
  });
});

describe("stop", () => {
  it("closes all instances, and then the binding", async () => {
    const bench = new Bench();
    for (let count = 0; count < 3; count++) await bench.replyTo(init);
    await bench.replyTo(exit, 1);
    bench.close = () => settled();
    bench.send(stop);
    await settled();
    await settled();
    expect(bench.events).toEqual(["instance 1 closed", "instance 0 closed", "instance 2 closed", "binding closed"]);
  });

  it("extends its own time limit in Fluent Bit while it goes on", async () => {
    const bench = new Bench();
    await bench.replyTo(init);
    bench.close = (_, __, isAlive) => {
      isAlive();
      return Promise.resolve();
    };
    const id = bench.send(stop);
    await settled();
    expect(bench.binding.extended).toEqual([id]);
  });

  it("closes the binding even when closing an instance fails", async () => {
    const bench = new Bench();
    await bench.replyTo(init);
    bench.close = () => Promise.reject(new Error("oops"));
    await bench.replyTo(stop);
    expect(bench.events).toEqual(["binding closed"]);
    expect(bench.log.at("error")).toHaveLength(1);
  });

  it("is the only request that closes the binding", async () => {
    const bench = new Bench();
    await bench.replyTo(init);
    await bench.replyTo(flush);
    await bench.replyTo(exit, 0);
    expect(bench.events).not.toContain("binding closed");
  });
});
