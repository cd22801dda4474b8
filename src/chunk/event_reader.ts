/**
 * Reads the events of a chunk: their times and the offsets of their bodies.
 *
 * Source of the formats: Fluent Bit, src/flb_log_event_decoder.c and the documentation's "Event format":
 * [time, body] (version 1) and [[time, metadata], body] (version 2, since Fluent Bit 2.1). A group, such as the events of one OTLP
 * resource and scope, starts with a marker, an event of version 2 whose body holds the group's shared data, and ends at the next marker.
 */
import { emptyHead, readHead, readNumber, skipValue, type Head, type Input } from "./msgpack.js";

const eventTimeExtension = 0;
const nanosecondsPerSecond = 1_000_000_000;

/** Times in seconds by which Fluent Bit marks the start and the end of a group of events. */
const groupStart = -1;
const groupEnd = -2;

/** A group of events. */
export interface EventGroup {
  /** Offset of the start marker's body, a map: the data that all events of the group share. */
  readonly sharedOffset: number;
}

/** Reads a chunk event by event. After {@link next} returned true, the fields describe the current event. */
export class EventReader {
  /** Seconds since the epoch; negative before 1970. */
  seconds = 0;
  /** 0 to 999,999,999. */
  nanoseconds = 0;
  /** Offset of the body, a map that lies wholly within the chunk. */
  bodyOffset = 0;
  /** Group of the event, if any. */
  group: EventGroup | undefined;
  /** Number of skipped values that are not events, including an incomplete last one. */
  brokenEvents = 0;

  readonly #input: Input;
  readonly #head = emptyHead();
  #position = 0;
  /** Offset of the time before the event's metadata; negative for an event without metadata. */
  #timeOffset = -1;

  constructor(input: Input) {
    this.#input = input;
  }

  /** Moves to the next event. Returns false at the end of the chunk, or when the rest cannot be parsed. */
  next(): boolean {
    while (this.#position < this.#input.end) {
      const start = this.#position;
      const end = skipValue(this.#input, start);
      if (end < 0) {
        this.brokenEvents++;
        this.#position = this.#input.end;
        return false;
      }
      this.#position = end;
      const kind = this.#readEvent(start);
      if (kind === "event") return true;
      if (kind === "broken") this.brokenEvents++;
    }
    return false;
  }

  #readEvent(offset: number): "event" | "group marker" | "broken" {
    const event = this.#headAt(offset);
    if (event.kind !== "array" || event.count !== 2) return "broken";
    const headerOffset = event.start;
    const bodyOffset = skipValue(this.#input, headerOffset);
    let time = headerOffset;
    const header = this.#headAt(headerOffset);
    let hasMetadata = false;
    if (header.kind === "array") {
      if (header.count === 0) return "broken";
      hasMetadata = header.count > 1;
      time = header.start;
    }
    if (!this.#readTime(time)) return "broken";
    const isWhole = this.nanoseconds === 0;
    const isMap = this.#headAt(bodyOffset).kind === "map";
    if (isWhole && (this.seconds === groupStart || this.seconds === groupEnd)) {
      this.group = this.seconds === groupStart && isMap ? { sharedOffset: bodyOffset } : undefined;
      return "group marker";
    }
    if (!isMap) return "broken";
    this.bodyOffset = bodyOffset;
    this.#timeOffset = hasMetadata ? time : -1;
    return "event";
  }

  /** Returns the offset of the event's metadata, a non-empty map, or -1 without metadata. */
  findMetadata(): number {
    if (this.#timeOffset < 0) return -1;
    const metadata = skipValue(this.#input, this.#timeOffset);
    const { kind, count } = this.#headAt(metadata);
    return kind === "map" && count > 0 ? metadata : -1;
  }

  /** Returns the head at `offset`; valid until the next call. */
  #headAt(offset: number): Head {
    readHead(this.#input, offset, this.#head);
    return this.#head;
  }

  #readTime(offset: number): boolean {
    const head = this.#headAt(offset);
    if (head.kind === "extension") {
      if (head.extensionType !== eventTimeExtension || head.count !== 8) return false;
      const seconds = this.#input.view.getUint32(head.start);
      // Group markers are written as 32-bit -1 and -2; all other times are unsigned, valid until 2106.
      this.seconds = seconds >= 0xfffffffe ? seconds - 0x1_0000_0000 : seconds;
      const nanoseconds = this.#input.view.getUint32(head.start + 4);
      this.seconds += Math.floor(nanoseconds / nanosecondsPerSecond);
      this.nanoseconds = nanoseconds % nanosecondsPerSecond;
      return true;
    }
    const time = readNumber(this.#input, offset);
    if (time === undefined || !Number.isFinite(time)) return false;
    this.seconds = Math.floor(time);
    this.nanoseconds = Math.min(
      Math.round((time - this.seconds) * nanosecondsPerSecond),
      nanosecondsPerSecond - 1,
    );
    return true;
  }
}
