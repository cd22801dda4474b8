/** The entry of metadata_key: an event's metadata, and what its group shares. */
import type { EventGroup } from "../chunk/event_reader.js";
import { emptyHead, inputOf, readHead, type Input } from "../chunk/msgpack.js";
import { ByteSink } from "../bytes/byte_sink.js";
import type { AddedEntry } from "./added_entry.js";
import { copyReadable } from "./readable_copy.js";
import { keyText } from "./repeated_keys.js";
import { text32, text32HeadBytes } from "./text_entry.js";

/** map 32: this byte and four bytes of its count. */
const map32 = 0xdf;
const map32HeadBytes = 5;
const usualBytes = 4 * 1024;
/** More is given back when the next event comes. */
const maxKeptBytes = 64 * 1024;

/** An entry that a group shares, copied. */
interface SharedEntry {
  readonly bytes: Uint8Array;
  /** The last event that has an entry of its own under the key. */
  replacedIn: number;
}

/** One output's, written anew for each event. */
export class MetadataEntry implements AddedEntry {
  readonly key: Input;
  readonly keyStart = text32HeadBytes;
  readonly value: number;
  input: Input;
  readonly #head = emptyHead();
  #sink: ByteSink;
  #group: EventGroup | undefined;
  #shared: readonly SharedEntry[] = [];
  /** Those with text as their keys, by these. */
  #sharedByKey: ReadonlyMap<string, SharedEntry> = new Map();
  #events = 0;

  constructor(key: Input) {
    this.key = key;
    this.value = text32HeadBytes + key.end;
    this.#sink = this.#newSink();
    this.input = inputOf(this.#sink.bytes);
  }

  /**
   * Holds from now on the metadata of an event, a map at `metadata` (negative for none), and what its group shares: the entries of both
   * in one map. Of equal keys, the event's counts. Returns whether there is anything.
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

  /** Keeps what a group shares, without empty maps: an OTLP resource or scope without anything. */
  #share(input: Input, group: EventGroup | undefined): void {
    this.#group = group;
    const shared: SharedEntry[] = [];
    const byKey = new Map<string, SharedEntry>();
    if (group !== undefined) {
      // Each is copied to where that of an event is written later.
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

  /** A sink that begins with the key and the head of the map. */
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
