/** The core of the real binding's tests: replies, or misbehaves, by the tags of stand_in_core.h, and checks its chunks. */
import type * as Files from "node:fs";
import { flushReplies, initFailed, requestKinds, type Binding } from "../../src/host/binding.js";
import { misuse } from "./binding_misuse.js";

/** The binding with the functions that the types of the real core leave out. */
export type WholeBinding = Binding & { abandon(): never; refuse(message: string): void; bundle(...place: number[]): string };

interface Instance {
  readonly metrics: number;
  readonly memory: string;
  readonly has: (option: string) => boolean;
  readonly exitTakesMs: number;
}

interface Flush {
  readonly instance: number;
  readonly tag: string;
  readonly blocks: boolean;
  readonly bytes: number;
  chunk?: Uint8Array | undefined;
}

const exitStepMs = 50;
const unknownId = 4_000_000_000;
const knownOptions = ["metrics", "refuse", "remember", "say_at_exit", "say_at_stop", "never_end", "deliver_at_exit", "exit_takes_ms", "mute_exit"];

/** Returns the fingerprint of a flush, as fingerprint.cc does. */
export function fingerprint(instance: number, chunk: Uint8Array, tag: string): number {
  let hash = (2166136261 ^ instance) | 0;
  for (const bytes of [chunk, Buffer.from(tag)]) {
    const step = bytes.length > 16 << 20 ? 997 : 1;
    for (let i = 0; i < bytes.length; i += step) hash = Math.imul(hash ^ (bytes[i] ?? 0), 16777619);
  }
  return hash >>> 1;
}

export function start(binding: WholeBinding, load: (name: "node:fs") => typeof Files): void {
  const fail = (error: unknown): void => {
    load("node:fs").writeSync(2, `core: ${error instanceof Error ? String(error.stack) : String(error)}\n`);
    binding.exitProcess(1);
  };
  const expect = (condition: boolean, what: string): void => {
    if (!condition) fail(new Error(`not so: ${what}`));
  };
  process.on("uncaughtException", fail);

  const instances = new Map<number, Instance>();
  const flushes = new Map<number, Flush>();
  const held = new Set<number>();
  const released = new Set<number>();
  const fetching = new Set<number>();
  const deliveringExits = new Map<number, number>();
  const past: Uint8Array[] = [];
  let surplus = 0, lastValue = 0, arrived = 0, unwanted = 0, saysAtStop = false, neverEnds = false;

  // A chunk is detached after its reply. Otherwise it is read here: AddressSanitizer also checks memcpy in libnode.
  const touchPast = (): void => {
    for (const chunk of past) {
      if (chunk.buffer.byteLength > 0) new Uint8Array(chunk);
      expect(chunk.buffer.byteLength === 0, "a chunk is detached after its reply");
    }
    past.length = 0;
  };

  const settle = (id: number, value: number): void => {
    const flush = flushes.get(id);
    flushes.delete(id);
    held.delete(id);
    fetching.delete(id);
    // Acts as a core that reads until the last moment.
    if (flush?.chunk !== undefined) fingerprint(0, flush.chunk, "");
    binding.reply(id, value);
    if (flush?.chunk !== undefined && flush.bytes > 0) past.push(flush.chunk);
    if (!released.delete(id) || flush === undefined) return;
    const exit = deliveringExits.get(flush.instance);
    if (exit === undefined || ofInstance(released, flush.instance).length > 0) return;
    deliveringExits.delete(flush.instance);
    binding.reply(exit, 0);
  };

  const ofInstance = (ids: Iterable<number>, instance: number): number[] => [...ids].filter((id) => flushes.get(id)?.instance === instance);

  const init = (id: number, number: number): number => {
    const names = binding.setOptions(id, [...knownOptions, "unset"]);
    const option = (name: string): string | undefined => binding.option(id, name);
    for (const name of knownOptions) expect(names.includes(name) === (option(name) !== undefined), `setOptions and option agree on ${name}`);
    const metrics = names.includes("metrics")
      ? binding.openMetrics(id, [
          { kind: 0, name: "things_total", help: "Things.", labelKeys: ["kind"], series: [["one"], ["other"]], bounds: [] },
          { kind: 1, name: "level", help: "A level.", labelKeys: [], series: [[]], bounds: [] },
          { kind: 2, name: "seconds", help: "Time.", labelKeys: ["x", "y"], series: [["a", "b"]], bounds: [0.1, 1] },
        ] as unknown as Parameters<Binding["openMetrics"]>[1])
      : 0;
    if (names.includes("refuse")) return initFailed;
    const host = binding.outputInstance(id);
    expect((host !== undefined) === binding.hasHostLog, "an instance is known to a host that has a log");
    saysAtStop ||= names.includes("say_at_stop");
    neverEnds ||= names.includes("never_end");
    expect(!instances.has(number), "the number of an instance is its own");
    instances.set(number, {
      metrics,
      memory: `${option("remember") ?? ""}|${host?.name ?? ""}|${host?.logLevel ?? 0}`,
      has: (name) => names.includes(name),
      exitTakesMs: Number(option("exit_takes_ms") ?? 0),
    });
    return flushReplies.ok;
  };

  const numbers: Readonly<Record<string, (flush: Flush) => number>> = {
    count: () => instances.size,
    held: () => held.size,
    blocks: ({ blocks }) => (blocks ? 1 : 0),
    arrived: () => arrived,
    unwanted: () => unwanted,
    last: () => lastValue,
    surplus: () => surplus,
    recall: ({ instance }) => fingerprint(0, Buffer.from(instances.get(instance)?.memory ?? ""), "recall"),
    place: () => (binding.place.includes("process, from /") ? 1 : 0),
  };

  const actions: Readonly<Record<string, (id: number, chunk: Uint8Array, flush: Flush) => void>> = {
    say: (_, chunk) => {
      for (const word of ["first", "second"]) expect(binding.log(2, `${word} ${Buffer.from(chunk).toString()}`), "a thread waits for the log");
    },
    write: (_, chunk) => {
      binding.writeMessage(`${Buffer.from(chunk).toString()}\n`);
    },
    measure: (_, __, { instance }) => {
      expect(binding.updateMetrics(instances.get(instance)?.metrics ?? 0, Float64Array.of(1, 1, 2, 7)), "metrics are open");
    },
    grow: (_, __, { instance }) => {
      const metrics = instances.get(instance)?.metrics ?? 0;
      const first = binding.addMetricSeries(metrics, "kind", "new");
      expect(first > 0 && binding.updateMetrics(metrics, Float64Array.of(first, 3)), "series can be added");
    },
    release: () => release([...held]),
    misuse: (id) => {
      misuse(binding, id, expect);
    },
    memory: () => {
      const memory = new ArrayBuffer(1 << 20);
      binding.releaseMemory(memory);
      expect(memory.byteLength === 0, "released memory is gone");
      binding.trimMemory();
      binding.releaseCode();
    },
    // Reads for the milliseconds in the chunk, also while others wait.
    "keep-reading": (_, chunk) => {
      const until = performance.now() + Number(Buffer.from(chunk).toString());
      while (performance.now() < until) fingerprint(0, chunk, "");
    },
  };

  const release = (ids: readonly number[]): void => {
    for (const id of ids) {
      held.delete(id);
      released.add(id);
    }
    for (const id of ids) serveFlush(id);
  };

  // Returns undefined while the chunk is in transit, and when the host no longer waits for the flush.
  const fetch = (id: number, flush: Flush): Uint8Array | undefined => {
    if (flush.bytes === 0) return new Uint8Array();
    if (flush.chunk !== undefined) return flush.chunk;
    const buffer = binding.takeChunk(id);
    if (buffer === undefined) fetching.add(id);
    if (buffer === null) {
      unwanted++;
      settle(id, flushReplies.retry);
    }
    if (buffer === undefined || buffer === null) return undefined;
    expect(buffer.byteLength === flush.bytes, "a chunk is whole");
    return (flush.chunk = new Uint8Array(buffer));
  };

  const serveFlush = (id: number): void => {
    const flush = flushes.get(id);
    if (flush === undefined) return;
    const { tag } = flush;
    if (tag === "exit") binding.abandon();
    if (tag === "die") {
      // The end of the queue releases the host's threads, while scripts go on as long as something is open.
      for (const { chunk } of flushes.values()) if (chunk !== undefined) past.push(chunk);
      setTimeout(touchPast, 100);
      binding.close();
      return;
    }
    if (tag === "throw") {
      process.removeListener("uncaughtException", fail);
      process.once("uncaughtException", () => {
        process.on("uncaughtException", fail);
        settle(id, flushReplies.error);
      });
      throw new Error("thrown by the handler");
    }
    if (tag === "hold" && !released.has(id)) return void held.add(id);
    const chunk = fetch(id, flush);
    if (chunk === undefined) return;
    if (tag === "hold-chunk" && !released.has(id)) return void held.add(id);
    actions[tag]?.(id, chunk, flush);
    const value = (lastValue = numbers[tag]?.(flush) ?? fingerprint(flush.instance, chunk, tag));
    settle(id, value);
    if (tag !== "twice") return;
    for (const again of [id, unknownId]) {
      binding.reply(again, value + 1);
      surplus++;
    }
  };

  const exit = (id: number, number: number): void => {
    const exiting = number < 0 ? instances.keys().next().value : number;
    const instance = exiting === undefined ? undefined : instances.get(exiting);
    if (exiting === undefined || instance === undefined) {
      binding.reply(id, 0);
      return;
    }
    instances.delete(exiting);
    const end = (): void => {
      if (instance.has("mute_exit")) return;
      if (instance.has("say_at_exit")) expect(binding.log(3, "at the exit"), "the exit waits for the log");
      for (const flush of ofInstance(fetching, exiting)) {
        if (instance.has("deliver_at_exit")) released.add(flush);
        else settle(flush, flushReplies.retry);
      }
      const waiting = ofInstance(held, exiting);
      if (instance.has("deliver_at_exit") && waiting.length + ofInstance(released, exiting).length > 0) {
        deliveringExits.set(exiting, id);
        return release(waiting);
      }
      for (const flush of waiting) settle(flush, flushReplies.retry);
      binding.reply(id, 0);
    };
    const step = (leftMs: number): void => {
      if (leftMs <= 0) {
        end();
        return;
      }
      setTimeout(() => {
        binding.extend(id);
        step(leftMs - exitStepMs);
      }, exitStepMs);
    };
    step(instance.exitTakesMs);
  };

  const stop = (id: number): void => {
    if (saysAtStop) expect(!binding.log(3, "at the end"), "no line reaches the log at the end");
    for (const flush of [...flushes.keys()]) settle(flush, flushReplies.ok);
    binding.reply(id, 0);
    if (neverEnds) setInterval(() => undefined, 1000);
    binding.close();
  };

  binding.serve((id, kind, instance, bytes, tag, blocks) => {
    touchPast();
    switch (kind) {
      case requestKinds.init:
        binding.reply(id, init(id, instance));
        break;
      case requestKinds.chunk:
        arrived++;
        fetching.delete(id);
        serveFlush(id);
        break;
      case requestKinds.flush:
        flushes.set(id, { instance, tag, blocks, bytes });
        serveFlush(id);
        break;
      case requestKinds.exit:
        exit(id, instance);
        break;
      case requestKinds.withdraw:
        if (flushes.has(instance)) settle(instance, flushReplies.retry);
        binding.reply(id, 0);
        break;
      case requestKinds.stop:
        stop(id);
        break;
      default:
        fail(new Error(`unknown kind ${kind}`));
    }
  });
}
