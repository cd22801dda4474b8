/** Makes user records of events: which keys go out, under which names, as what bytes, with which partition key, to which stream. */
import { emptyHead, readHead, skipValue, type Head, type Input } from "../chunk/msgpack.js";
import type { ByteSink } from "../bytes/byte_sink.js";
import { replaceDotsIn } from "./json/dots.js";
import { failed, JsonWriter, type JsonFailure } from "./json/value.js";
import { maxPartitionKeyCharacters, maxStreamNameCharacters } from "../limits.js";
import type { AddedEntry } from "./added_entry.js";
import { lonePathOf, type KeyExpression } from "./key_expression.js";
import { KeyExpressionReader } from "./key_expression_reader.js";
import { KeyMemory, repeatedKeys } from "./repeated_keys.js";
import { TimeEntry } from "./time_key/entry.js";
import type { TimeFormat } from "./time_key/format.js";
import { isKey, keyOf, stepsOf, ValueTextReader, type Step } from "./value_text.js";

/** What the options say about a record's content. */
export interface RecordOptions {
  /** Where the partition key comes from; undefined when it is to be random. */
  readonly partitionKey: KeyExpression | undefined;
  /** Where the name of the stream comes from; undefined when all records go to the output's own. */
  readonly streamKey: KeyExpression | undefined;
  /** Top-level keys to send; undefined for all. */
  readonly dataKeys: readonly string[] | undefined;
  /** The key whose value alone is the record. */
  readonly logKey: string | undefined;
  readonly appendNewline: boolean;
  readonly time: { readonly key: string; readonly format: TimeFormat } | undefined;
  /** What dots in keys become. */
  readonly replaceDots: string | undefined;
}

/** What became of an event. */
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
 * The plan of one output instance, compiled from its options, in the Go plugin's order: time_key is added, the partition
 * key looked up in the whole record, data_keys picked by their names as they came, dots replaced, and log_key found under
 * its name after that. A record that is sent whole is written in one run, after a look at its keys; any other entry by
 * entry, in one walk.
 */
export class RecordShaper {
  /** First key of the partition key's path, where it is one path alone: its value is found in the walk over the record. */
  readonly #partitionKey: Input | undefined;
  /** The steps of that path below the key. */
  readonly #partitionKeyRest: readonly Step[];
  /** Reads the partition key where it is anything else. */
  readonly #partitionKeys: KeyExpressionReader | undefined;
  readonly #streamKeys: KeyExpressionReader | undefined;
  readonly #dataKeys: readonly Input[] | undefined;
  readonly #logKey: Input | undefined;
  readonly #appendNewline: boolean;
  readonly #replaceDots: Uint8Array | undefined;
  readonly #time: TimeEntry | undefined;
  readonly #json: JsonWriter;
  readonly #partitionValues = new ValueTextReader(maxPartitionKeyCharacters);
  readonly #added: readonly AddedEntry[];
  readonly #keyMemory = new KeyMemory();
  /** Whether all of each record is sent, as a map. */
  readonly #sendsAll: boolean;
  /** Offset of the value under the first key of the partition key's path; negative when it is missing. */
  #partitionValue = -1;
  readonly #head = emptyHead();

  constructor(options: RecordOptions) {
    const path = options.partitionKey === undefined ? undefined : lonePathOf(options.partitionKey);
    this.#partitionKey = path === undefined ? undefined : keyOf(path[0]);
    this.#partitionKeyRest = stepsOf(path?.slice(1) ?? []);
    this.#partitionKeys =
      options.partitionKey === undefined || path !== undefined
        ? undefined
        : new KeyExpressionReader(options.partitionKey, maxPartitionKeyCharacters);
    // One character more than a name has: a text that is too long stays so.
    this.#streamKeys = options.streamKey === undefined ? undefined : new KeyExpressionReader(options.streamKey, maxStreamNameCharacters + 1);
    this.#dataKeys = options.dataKeys?.map(keyOf);
    this.#logKey = options.logKey === undefined ? undefined : keyOf(options.logKey);
    this.#appendNewline = options.appendNewline;
    this.#replaceDots = options.replaceDots === undefined ? undefined : encoder.encode(options.replaceDots);
    this.#time = options.time === undefined ? undefined : new TimeEntry(keyOf(options.time.key), options.time.format);
    this.#added = this.#time === undefined ? [] : [this.#time];
    this.#sendsAll = this.#dataKeys === undefined && this.#logKey === undefined;
    this.#json = new JsonWriter(this.#replaceDots);
  }

  /** Writes the event whose body is at `body` to the sink; a refused one leaves the sink as it was. */
  shape(input: Input, body: number, seconds: number, nanoseconds: number, tag: string, sink: ByteSink): Shaped {
    const start = sink.length;
    const time = this.#time;
    time?.set(seconds, nanoseconds);
    if (this.#sendsAll && this.#isPlain(input, body)) {
      if (this.#json.writeBody(input, body, sink) === failed) return this.#refuse(sink, start);
      if (time !== undefined) {
        // In place of the map's end.
        sink.length--;
        this.#writeEntry(time.input, 0, time.value, sink, start);
        this.#put(sink, closeBrace);
      }
      if (this.#appendNewline) this.#put(sink, newline);
      return this.#written(input, body, time, tag);
    }
    const shaped = this.#shape(input, body, time, tag, sink, undefined);
    if (shaped !== "may repeat a key" && shaped.kind === "written") return shaped;
    // What cannot be written may be an entry that a later one takes the place of.
    const repeated = repeatedKeys(input, body);
    if (shaped !== "may repeat a key" && repeated.size === 0) return shaped;
    sink.length = start;
    return this.#shape(input, body, time, tag, sink, repeated) as Shaped;
  }

  /** Returns the text that should name the stream of the event that was shaped last; undefined where it has none. */
  streamOf(input: Input, body: number, tag: string): string | undefined {
    return this.#streamKeys?.read(input, body, this.#added, tag);
  }

  /**
   * Whether a body can be written as it is: no key at its top stands there twice, or is time_key. Finds the value of the
   * partition key, too.
   */
  #isPlain(input: Input, body: number): boolean {
    this.#partitionValue = -1;
    this.#keyMemory.startMap();
    const map = this.#headAt(input, body);
    let position = map.start;
    for (let left = map.count; left > 0; left--) {
      const first = input.bytes[position] as number;
      let start = position + 1;
      let count = first & 0x1f;
      // Texts of up to 31 bytes, as most keys are, need no more than that.
      if (first < 0xa0 || first >= 0xc0) {
        const head = this.#headAt(input, position);
        if (head.kind !== "text") {
          position = skipValue(input, skipValue(input, position));
          continue;
        }
        ({ start, count } = head);
      }
      if (this.#keyMemory.mayRepeat(input, start, count)) return false;
      if (this.#time !== undefined && isKey(input, start, count, this.#time.key)) return false;
      position = start + count;
      if (this.#isPartitionKey(input, start, count)) this.#partitionValue = position;
      position = skipValue(input, position);
    }
    return true;
  }

  /** Of equal keys at the top, the last counts; `repeated` are the others, undefined as long as none was looked for. */
  #shape(
    input: Input,
    body: number,
    time: TimeEntry | undefined,
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
      // time_key takes the place of what the record has under that key.
      if (isText && time !== undefined && isKey(input, keyStart, keyBytes, time.key)) {
        position = skipValue(input, value);
        continue;
      }
      if (isText && this.#isPartitionKey(input, keyStart, keyBytes)) this.#partitionValue = value;
      const isSent = this.#dataKeys === undefined || !isText || this.#isDataKey(input, keyStart, keyBytes);
      if (isSent && this.#logKey === undefined) {
        position = this.#writeEntry(input, key, value, sink, start);
        if (position === failed) return this.#refuse(sink, start);
      } else {
        if (isSent && isText && this.#isLogKey(input, keyStart, keyBytes)) logValue = value;
        position = skipValue(input, value);
      }
    }
    let timeIsLog = false;
    if (time !== undefined && this.#isTimeSent(time)) {
      if (this.#logKey === undefined) this.#writeEntry(time.input, 0, time.value, sink, start);
      else timeIsLog = this.#isLogKey(time.input, time.keyStart, time.key.end);
    }
    if (this.#logKey === undefined) {
      this.#put(sink, closeBrace);
    } else {
      const source = timeIsLog && time !== undefined ? time.input : input;
      const value = timeIsLog && time !== undefined ? time.value : logValue;
      if (value < 0) return noLogKey;
      if (!this.#writeLogValue(source, value, sink)) return this.#refuse(sink, start);
    }
    if (this.#appendNewline) this.#put(sink, newline);
    if (sink.length === start) return isEmpty;
    return this.#written(input, body, time, tag);
  }

  #writeEntry(input: Input, key: number, value: number, sink: ByteSink, start: number): number {
    if (sink.length > start + 1) this.#put(sink, comma);
    if (this.#json.writeKey(input, key, sink) === failed) return failed;
    this.#put(sink, colon);
    return this.#json.write(input, value, sink);
  }

  /** Text goes out raw, all else as JSON. */
  #writeLogValue(input: Input, value: number, sink: ByteSink): boolean {
    const { kind, start, count } = this.#headAt(input, value);
    if (kind !== "text") return this.#json.write(input, value, sink) !== failed;
    sink.append(input.bytes.subarray(start, start + count));
    return true;
  }

  #written(input: Input, body: number, time: TimeEntry | undefined, tag: string): Shaped {
    if (this.#partitionKeys !== undefined) {
      return { kind: "written", partitionKey: this.#partitionKeys.read(input, body, this.#added, tag) };
    }
    if (this.#partitionKey === undefined) return writtenWithoutKey;
    return { kind: "written", partitionKey: this.#readPartitionKey(this.#partitionKey, input, time) };
  }

  #readPartitionKey(first: Input, input: Input, time: TimeEntry | undefined): string | undefined {
    const value = this.#partitionValue;
    if (time !== undefined && isKey(time.input, time.keyStart, time.key.end, first)) {
      return this.#partitionValues.read(time.input, time.value, this.#partitionKeyRest);
    }
    return value < 0 ? undefined : this.#partitionValues.read(input, value, this.#partitionKeyRest);
  }

  #isPartitionKey(input: Input, start: number, count: number): boolean {
    return this.#partitionKey !== undefined && isKey(input, start, count, this.#partitionKey);
  }

  #isDataKey(input: Input, start: number, count: number): boolean {
    for (const key of this.#dataKeys ?? []) if (isKey(input, start, count, key)) return true;
    return false;
  }

  #isLogKey(input: Input, start: number, count: number): boolean {
    if (this.#logKey === undefined) return false;
    if (this.#replaceDots === undefined) return isKey(input, start, count, this.#logKey);
    const renamed = replaceDotsIn(input, start, count, this.#replaceDots);
    return isKey(renamed, 0, renamed.end, this.#logKey);
  }

  #isTimeSent(time: TimeEntry): boolean {
    return this.#dataKeys === undefined || this.#isDataKey(time.input, time.keyStart, time.key.end);
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
