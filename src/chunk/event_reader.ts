/**
 * Walks the events of a chunk: their times, and where their bodies lie.
 *
 * Source of the forms: Fluent Bit, src/flb_log_event_decoder.c and the documentation's "Event format":
 * [time, body] (version 1) and [[time, metadata], body] (version 2, since Fluent Bit 2.1). A group, such as the events of one OTLP
 * resource and scope, begins with an event of version 2 whose body is what they share, and goes on to the next mark.
 */
import { emptyHead, readHead, readNumber, skipValue, type Head, type Input } from "./msgpack.js";

const eventTimeExtension = 0;
const nanosecondsPerSecond = 1_000_000_000;

/** Marks that Fluent Bit writes around a group of events, as the event's time in seconds. */
const groupStart = -1;
const groupEnd = -2;

/** A group of events. */
export interface EventGroup {
  /** Offset of the body of the mark at its start, a map: what all its events share. */
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
  /** The group that the event is in. */
  group: EventGroup | undefined;
  /** Skipped values that are not events, an unfinished last one included. */
  brokenEvents = 0;

  readonly #input: Input;
  readonly #head = emptyHead();
  #position = 0;
  /** Offset of the time before the event's metadata; negative where the event has none. */
  #timeOffset = -1;

  constructor(input: Input) {
    this.#input = input;
  }

  /** Moves to the next event; false at the end of the chunk, or where the rest cannot be taken apart. */
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

  /** Returns the offset of the event's metadata, a map that is not empty; -1 where there is none. */
  findMetadata(): number {
    if (this.#timeOffset < 0) return -1;
    const metadata = skipValue(this.#input, this.#timeOffset);
    const { kind, count } = this.#headAt(metadata);
    return kind === "map" && count > 0 ? metadata : -1;
  }

  /** The head at `offset`; good until the next call. */
  #headAt(offset: number): Head {
    readHead(this.#input, offset, this.#head);
    return this.#head;
  }

  #readTime(offset: number): boolean {
    const head = this.#headAt(offset);
    if (head.kind === "extension") {
      if (head.extensionType !== eventTimeExtension || head.count !== 8) return false;
      const seconds = this.#input.view.getUint32(head.start);
      // The markers are written as 32-bit -1 and -2; all else is unsigned, good until 2106.
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
