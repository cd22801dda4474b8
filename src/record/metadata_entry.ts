/** The entry of metadata_key: an event's metadata and its group's shared entries. */
import type { EventGroup } from "../chunk/event_reader.js";
import { emptyHead, inputOf, readHead, type Input } from "../chunk/msgpack.js";
import { ByteSink } from "../bytes/byte_sink.js";
import type { AddedEntry } from "./added_entry.js";
import { copyReadable } from "./readable_copy.js";
import { keyText } from "./repeated_keys.js";
import { text32, text32HeadBytes } from "./text_entry.js";

/** First byte of a map in the format map 32; four bytes of count follow. */
const map32 = 0xdf;
const map32HeadBytes = 5;
const usualBytes = 4 * 1024;
/** Maximum capacity kept for the next event; a larger sink is replaced. */
const maxKeptBytes = 64 * 1024;

/** A copy of an entry that a group shares. */
interface SharedEntry {
  readonly bytes: Uint8Array;
  /** Number of the last event whose own entry overrides this one. */
  replacedIn: number;
}

/** The metadata entry of one output, rewritten for each event. */
export class MetadataEntry implements AddedEntry {
  readonly key: Input;
  readonly keyStart = text32HeadBytes;
  readonly value: number;
  input: Input;
  readonly #head = emptyHead();
  #sink: ByteSink;
  #group: EventGroup | undefined;
  #shared: readonly SharedEntry[] = [];
  /** The shared entries with text keys, by key. */
  #sharedByKey: ReadonlyMap<string, SharedEntry> = new Map();
  #events = 0;

  constructor(key: Input) {
    this.key = key;
    this.value = text32HeadBytes + key.end;
    this.#sink = this.#newSink();
    this.input = inputOf(this.#sink.bytes);
  }

  /**
   * Sets the value to one map of the event's metadata, a map at `metadata` (negative without metadata), and its group's shared entries.
   * The event's entries override the group's. Returns false when the event has neither.
   */
  set(input: Input, metadata: number, group: EventGroup | undefined): boolean {
    if (group !== this.#group) this.#share(input, group);
    if (metadata < 0 && this.#shared.length === 0) return false;
    if (this.#sink.capacity > maxKeptBytes) this.#sink = this.#newSink();
    this.#events++;
    const sink = this.#sink;
    sink.length = this.value + map32HeadBytes;
    let count = metadata < 0 ? 0 : this.#copyEntries(input, metadata, sink);
    for (const { bytes, replacedIn } of this.#shared) {
      if (replacedIn === this.#events) continue;
      sink.append(bytes);
      count++;
    }
    sink.view.setUint32(this.value + 1, count);
    if (this.input.bytes !== sink.bytes) this.input = inputOf(sink.bytes);
    return true;
  }

  /** Copies a group's shared entries, except empty maps, such as an empty OTLP resource or scope. */
  #share(input: Input, group: EventGroup | undefined): void {
    this.#group = group;
    const shared: SharedEntry[] = [];
    const byKey = new Map<string, SharedEntry>();
    if (group !== undefined) {
      // Uses the space of the next event's entries as a scratch buffer.
      const sink = this.#sink;
      const start = this.value + map32HeadBytes;
      readHead(input, group.sharedOffset, this.#head);
      const { count } = this.#head;
      let position = this.#head.start;
      for (let index = 0; index < count; index++) {
        readHead(input, position, this.#head);
        const { kind, start: keyStart, count: keyBytes } = this.#head;
        const key = kind === "text" ? keyText(input, keyStart, keyBytes) : undefined;
        sink.length = start;
        const value = copyReadable(input, position, sink);
        position = copyReadable(input, value, sink);
        readHead(input, value, this.#head);
        const isEmpty = this.#head.kind === "map" && this.#head.count === 0;
        if (isEmpty) continue;
        const entry = { bytes: sink.bytes.slice(start, sink.length), replacedIn: 0 };
        shared.push(entry);
        if (key !== undefined) byKey.set(key, entry);
      }
    }
    this.#shared = shared;
    this.#sharedByKey = byKey;
  }

  #copyEntries(input: Input, map: number, sink: ByteSink): number {
    readHead(input, map, this.#head);
    const { count } = this.#head;
    let position = this.#head.start;
    for (let index = 0; index < count; index++) {
      if (this.#sharedByKey.size > 0) this.#replaceShared(input, position);
      position = copyReadable(input, copyReadable(input, position, sink), sink);
    }
    return count;
  }

  #replaceShared(input: Input, key: number): void {
    readHead(input, key, this.#head);
    const { kind, start, count } = this.#head;
    const entry = kind === "text" ? this.#sharedByKey.get(keyText(input, start, count)) : undefined;
    if (entry !== undefined) entry.replacedIn = this.#events;
  }

  /** Returns a sink that begins with the key and the head of the map. */
  #newSink(): ByteSink {
    const sink = new ByteSink(this.value + map32HeadBytes + usualBytes);
    sink.put(text32);
    sink.view.setUint32(1, this.key.end);
    sink.length = text32HeadBytes;
    sink.append(this.key.bytes.subarray(0, this.key.end));
    sink.put(map32);
    return sink;
  }
}
