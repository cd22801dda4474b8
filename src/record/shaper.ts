/** Shapes an event into a record: selects and renames keys, writes the bytes, finds the partition key and the stream. */
import type { EventGroup } from "../chunk/event_reader.js";
import { emptyHead, readHead, skipValue, type Head, type Input } from "../chunk/msgpack.js";
import type { ByteSink } from "../bytes/byte_sink.js";
import { replaceDotsIn } from "./json/dots.js";
import { failed, JsonWriter, type JsonFailure } from "./json/value.js";
import { maxPartitionKeyCharacters, maxStreamNameCharacters } from "../limits.js";
import type { AddedEntry } from "./added_entry.js";
import { singlePathOf, type KeyExpression } from "./key_expression.js";
import { KeyExpressionReader } from "./key_expression_reader.js";
import { MetadataEntry } from "./metadata_entry.js";
import { KeyMemory, repeatedKeys } from "./repeated_keys.js";
import { TextEntry } from "./text_entry.js";
import { TimeEntry } from "./time_key/entry.js";
import type { TimeFormat } from "./time_key/format.js";
import { isKey, keyOf, stepsOf, ValueTextReader, type Step } from "./value_text.js";

/** Options for the content of a record. */
export interface RecordOptions {
  /** Source of the partition key; undefined for random keys. */
  readonly partitionKey: KeyExpression | undefined;
  /** Source of the stream's name; undefined when all records go to the stream of the option `stream`. */
  readonly streamKey: KeyExpression | undefined;
  /** Top-level keys to send; undefined for all. */
  readonly dataKeys: readonly string[] | undefined;
  /** Top-level keys to leave out; undefined for none. */
  readonly exceptKeys: readonly string[] | undefined;
  /** Key whose value alone is the record; undefined for the whole record. */
  readonly logKey: string | undefined;
  readonly appendNewline: boolean;
  readonly time: { readonly key: string; readonly format: TimeFormat } | undefined;
  /** Key under which the tag is added. */
  readonly tagKey: string | undefined;
  /** Key under which the event's metadata is added, unless the metadata is empty. */
  readonly metadataKey: string | undefined;
  /** Replacement for dots in keys. */
  readonly replaceDots: string | undefined;
}

/** The event that a record is made from. */
export interface ShapedEvent {
  /** Offset of the body, a map that lies wholly within the input. */
  readonly bodyOffset: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly group: EventGroup | undefined;
  /** Returns the offset of the metadata, a non-empty map, or -1 without metadata. */
  readonly findMetadata: () => number;
}

/** Outcome of shaping an event. */
export type Shaped =
  | { readonly kind: "written"; readonly partitionKey: string | undefined }
  | { readonly kind: "refused"; readonly reason: JsonFailure | "has no log_key" | "is empty" };

const encoder = new TextEncoder();
const writtenWithoutKey: Shaped = { kind: "written", partitionKey: undefined };
const noLogKey: Shaped = { kind: "refused", reason: "has no log_key" };
const isEmpty: Shaped = { kind: "refused", reason: "is empty" };
const openBrace = 0x7b;
const closeBrace = 0x7d;
const comma = 0x2c;
const colon = 0x3a;
const newline = 0x0a;

/**
 * Shapes the events of one output, in the Go plugin's order: adds time_key, then tag_key and metadata_key; looks the partition key up in
 * the whole record; applies data_keys and except_keys to the original names; replaces dots; finds log_key by its name after that. Writes a
 * record that is sent whole in one run, after a check of its keys, and any other record entry by entry, in one walk.
 */
export class RecordShaper {
  /** First key of the path, if the partition key's expression is a single path: its value is found in the walk over the record. */
  readonly #partitionKey: Input | undefined;
  /** Steps of that path after the first key. */
  readonly #partitionKeyRest: readonly Step[];
  /** Evaluates the partition key's expression if it is not a single path. */
  readonly #partitionKeys: KeyExpressionReader | undefined;
  readonly #streamKeys: KeyExpressionReader | undefined;
  readonly #dataKeys: readonly Input[] | undefined;
  readonly #exceptKeys: readonly Input[] | undefined;
  readonly #logKey: Input | undefined;
  readonly #appendNewline: boolean;
  readonly #replaceDots: Uint8Array | undefined;
  readonly #time: TimeEntry | undefined;
  readonly #tag: TextEntry | undefined;
  readonly #metadata: MetadataEntry | undefined;
  /** Entries that are added to a record, in this order. */
  readonly #added: readonly AddedEntry[];
  readonly #addedWithoutMetadata: readonly AddedEntry[];
  readonly #json: JsonWriter;
  readonly #partitionValues = new ValueTextReader(maxPartitionKeyCharacters);
  /** Entries that were added to the latest event. */
  #latestAdded: readonly AddedEntry[] = [];
  readonly #keyMemory = new KeyMemory();
  /** Whether each record is sent whole, as a map. */
  readonly #sendsAll: boolean;
  /** Offset of the value under the first key of the partition key's path; negative when it is missing. */
  #partitionValue = -1;
  readonly #head = emptyHead();

  constructor(options: RecordOptions) {
    const path = options.partitionKey === undefined ? undefined : singlePathOf(options.partitionKey);
    this.#partitionKey = path === undefined ? undefined : keyOf(path[0]);
    this.#partitionKeyRest = stepsOf(path?.slice(1) ?? []);
    this.#partitionKeys =
      options.partitionKey === undefined || path !== undefined
        ? undefined
        : new KeyExpressionReader(options.partitionKey, maxPartitionKeyCharacters);
    // One character above the maximum, so that a too long name is still too long after the cut.
    this.#streamKeys = options.streamKey === undefined ? undefined : new KeyExpressionReader(options.streamKey, maxStreamNameCharacters + 1);
    this.#dataKeys = options.dataKeys?.map(keyOf);
    this.#exceptKeys = options.exceptKeys?.map(keyOf);
    this.#logKey = options.logKey === undefined ? undefined : keyOf(options.logKey);
    this.#appendNewline = options.appendNewline;
    this.#replaceDots = options.replaceDots === undefined ? undefined : encoder.encode(options.replaceDots);
    this.#time = options.time === undefined ? undefined : new TimeEntry(keyOf(options.time.key), options.time.format);
    this.#tag = options.tagKey === undefined ? undefined : new TextEntry(keyOf(options.tagKey));
    this.#metadata = options.metadataKey === undefined ? undefined : new MetadataEntry(keyOf(options.metadataKey));
    this.#addedWithoutMetadata = [this.#time, this.#tag].filter((entry) => entry !== undefined);
    this.#added = this.#metadata === undefined ? this.#addedWithoutMetadata : [...this.#addedWithoutMetadata, this.#metadata];
    this.#sendsAll = this.#dataKeys === undefined && this.#exceptKeys === undefined && this.#logKey === undefined;
    this.#json = new JsonWriter(this.#replaceDots);
  }

  /** Appends the record of an event with this tag to the sink. Leaves the sink unchanged when it refuses the event. */
  shape(input: Input, event: ShapedEvent, tag: string, sink: ByteSink): Shaped {
    const start = sink.length;
    const body = event.bodyOffset;
    const added = this.#addedTo(input, event, tag);
    this.#latestAdded = added;
    if (this.#sendsAll && this.#isPlain(input, body, added)) {
      if (this.#json.writeBody(input, body, sink) === failed) return this.#refuse(sink, start);
      if (added.length > 0) {
        // Overwrites the map's closing brace.
        sink.length--;
        for (const { input: own, value } of added) if (this.#writeEntry(own, 0, value, sink, start) === failed) return this.#refuse(sink, start);
        this.#put(sink, closeBrace);
      }
      if (this.#appendNewline) this.#put(sink, newline);
      return this.#written(input, body, added, tag);
    }
    const shaped = this.#shape(input, body, added, tag, sink, undefined);
    if (shaped !== "may repeat a key" && shaped.kind === "written") return shaped;
    // An entry that cannot be written may be overridden by a later one.
    const repeated = repeatedKeys(input, body);
    if (shaped !== "may repeat a key" && repeated.size === 0) return shaped;
    sink.length = start;
    return this.#shape(input, body, added, tag, sink, repeated) as Shaped;
  }

  #addedTo(input: Input, event: ShapedEvent, tag: string): readonly AddedEntry[] {
    if (this.#added.length === 0) return this.#added;
    this.#time?.set(event.seconds, event.nanoseconds);
    this.#tag?.setText(tag);
    const isWithout = this.#metadata?.set(input, event.findMetadata(), event.group) === false;
    return isWithout ? this.#addedWithoutMetadata : this.#added;
  }

  /** Returns the text of `streamKey` for the event shaped last, or undefined when the record has no such text. */
  streamOf(input: Input, body: number, tag: string): string | undefined {
    return this.#streamKeys?.read(input, body, this.#latestAdded, tag);
  }

  /**
   * Returns whether a body can be written as it is: no top-level key is repeated or replaced by an added entry. Also finds the value of
   * the partition key.
   */
  #isPlain(input: Input, body: number, added: readonly AddedEntry[]): boolean {
    this.#partitionValue = -1;
    this.#keyMemory.startMap();
    const map = this.#headAt(input, body);
    let position = map.start;
    for (let left = map.count; left > 0; left--) {
      const first = input.bytes[position] as number;
      let start = position + 1;
      let count = first & 0x1f;
      // Fast path: most keys are texts of up to 31 bytes, whose head is one byte.
      if (first < 0xa0 || first >= 0xc0) {
        const head = this.#headAt(input, position);
        if (head.kind !== "text") {
          position = skipValue(input, skipValue(input, position));
          continue;
        }
        ({ start, count } = head);
      }
      if (this.#keyMemory.mayRepeat(input, start, count)) return false;
      if (added.length > 0 && isAdded(input, start, count, added)) return false;
      position = start + count;
      if (this.#isPartitionKey(input, start, count)) this.#partitionValue = position;
      position = skipValue(input, position);
    }
    return true;
  }

  /**
   * Writes the record entry by entry. Of equal top-level keys, the last one counts.
   * @param repeated offsets of the overridden keys; undefined if not yet searched for
   */
  #shape(
    input: Input,
    body: number,
    added: readonly AddedEntry[],
    tag: string,
    sink: ByteSink,
    repeated: ReadonlySet<number> | undefined,
  ): Shaped | "may repeat a key" {
    const start = sink.length;
    this.#keyMemory.startMap();
    const map = this.#headAt(input, body);
    const { count } = map;
    let position = map.start;
    this.#partitionValue = -1;
    let logValue = -1;
    if (this.#logKey === undefined) this.#put(sink, openBrace);
    for (let index = 0; index < count; index++) {
      const key = position;
      const head = this.#headAt(input, key);
      const isText = head.kind === "text";
      const keyStart = head.start;
      const keyBytes = head.count;
      const value = isText ? keyStart + keyBytes : skipValue(input, key);
      if (repeated === undefined) {
        if (isText && this.#keyMemory.mayRepeat(input, keyStart, keyBytes)) return "may repeat a key";
      } else if (repeated.has(key)) {
        position = skipValue(input, value);
        continue;
      }
      // An added entry replaces the record's own.
      if (isText && added.length > 0 && isAdded(input, keyStart, keyBytes, added)) {
        position = skipValue(input, value);
        continue;
      }
      if (isText && this.#isPartitionKey(input, keyStart, keyBytes)) this.#partitionValue = value;
      const isSent = !isText || this.#isSent(input, keyStart, keyBytes);
      if (isSent && this.#logKey === undefined) {
        position = this.#writeEntry(input, key, value, sink, start);
        if (position === failed) return this.#refuse(sink, start);
      } else {
        if (isSent && isText && this.#isLogKey(input, keyStart, keyBytes)) logValue = value;
        position = skipValue(input, value);
      }
    }
    let logInput = input;
    for (const { input: own, keyStart, key, value } of added) {
      if (!this.#isSent(own, keyStart, key.end)) continue;
      if (this.#logKey === undefined) {
        if (this.#writeEntry(own, 0, value, sink, start) === failed) return this.#refuse(sink, start);
      } else if (this.#isLogKey(own, keyStart, key.end)) {
        logInput = own;
        logValue = value;
      }
    }
    if (this.#logKey === undefined) {
      this.#put(sink, closeBrace);
    } else {
      if (logValue < 0) return noLogKey;
      if (!this.#writeLogValue(logInput, logValue, sink)) return this.#refuse(sink, start);
    }
    if (this.#appendNewline) this.#put(sink, newline);
    if (sink.length === start) return isEmpty;
    return this.#written(input, body, added, tag);
  }

  #writeEntry(input: Input, key: number, value: number, sink: ByteSink, start: number): number {
    if (sink.length > start + 1) this.#put(sink, comma);
    if (this.#json.writeKey(input, key, sink) === failed) return failed;
    this.#put(sink, colon);
    return this.#json.write(input, value, sink);
  }

  /** Appends a text as it is, any other value as JSON. */
  #writeLogValue(input: Input, value: number, sink: ByteSink): boolean {
    const { kind, start, count } = this.#headAt(input, value);
    if (kind !== "text") return this.#json.write(input, value, sink) !== failed;
    sink.append(input.bytes.subarray(start, start + count));
    return true;
  }

  #written(input: Input, body: number, added: readonly AddedEntry[], tag: string): Shaped {
    if (this.#partitionKeys !== undefined) {
      return { kind: "written", partitionKey: this.#partitionKeys.read(input, body, added, tag) };
    }
    if (this.#partitionKey === undefined) return writtenWithoutKey;
    return { kind: "written", partitionKey: this.#readPartitionKey(this.#partitionKey, input, added) };
  }

  #readPartitionKey(first: Input, input: Input, added: readonly AddedEntry[]): string | undefined {
    const value = this.#partitionValue;
    for (const entry of added) {
      if (isKey(entry.input, entry.keyStart, entry.key.end, first)) return this.#partitionValues.read(entry.input, entry.value, this.#partitionKeyRest);
    }
    return value < 0 ? undefined : this.#partitionValues.read(input, value, this.#partitionKeyRest);
  }

  #isPartitionKey(input: Input, start: number, count: number): boolean {
    return this.#partitionKey !== undefined && isKey(input, start, count, this.#partitionKey);
  }

  /** Whether data_keys and except_keys leave an entry of this key in the record. */
  #isSent(input: Input, start: number, count: number): boolean {
    if (this.#dataKeys !== undefined && !isOneOf(input, start, count, this.#dataKeys)) return false;
    return this.#exceptKeys === undefined || !isOneOf(input, start, count, this.#exceptKeys);
  }

  #isLogKey(input: Input, start: number, count: number): boolean {
    if (this.#logKey === undefined) return false;
    if (this.#replaceDots === undefined) return isKey(input, start, count, this.#logKey);
    const renamed = replaceDotsIn(input, start, count, this.#replaceDots);
    return isKey(renamed, 0, renamed.end, this.#logKey);
  }

  #refuse(sink: ByteSink, start: number): Shaped {
    sink.length = start;
    const reason = this.#json.failure;
    if (reason === undefined) throw new Error("the JSON writer failed without a reason");
    return { kind: "refused", reason };
  }

  #headAt(input: Input, offset: number): Head {
    readHead(input, offset, this.#head);
    return this.#head;
  }

  #put(sink: ByteSink, byte: number): void {
    sink.reserve(1);
    sink.put(byte);
  }
}

function isAdded(input: Input, start: number, count: number, added: readonly AddedEntry[]): boolean {
  for (const { key } of added) if (isKey(input, start, count, key)) return true;
  return false;
}

function isOneOf(input: Input, start: number, count: number, keys: readonly Input[]): boolean {
  for (const key of keys) if (isKey(input, start, count, key)) return true;
  return false;
}
