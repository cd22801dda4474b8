/** The entry of time_key as msgpack, so that it takes the same way as every other entry of a record. */
import { inputOf, type Input } from "../../chunk/msgpack.js";
import type { TimeFormat } from "./format.js";

const encoder = new TextEncoder();

/** str 32: the byte 0xdb and four bytes of length. */
const text32HeadBytes = 5;
const text32 = 0xdb;
const usualTextBytes = 64;

/** One output's, written anew for each event. */
export class TimeEntry {
  /** All of an input. */
  readonly key: Input;
  /** Where the key's text starts in {@link input}. */
  readonly keyStart = text32HeadBytes;
  /** Offset of the value in {@link input}. */
  readonly value: number;
  input: Input;
  readonly #format: TimeFormat;
  #textRoomBytes = usualTextBytes;

  constructor(key: Input, format: TimeFormat) {
    this.key = key;
    this.value = text32HeadBytes + key.end;
    this.#format = format;
    this.input = this.#withRoom();
  }

  /** Holds from now on the time of an event. */
  set(seconds: number, nanoseconds: number): void {
    const text = this.#format.format(seconds, nanoseconds);
    if (text.length > this.#textRoomBytes) this.#grow(text.length);
    const { bytes, view } = this.input;
    const start = this.value + text32HeadBytes;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit >= 0x80) return this.#setEncoded(encoder.encode(text));
      bytes[start + index] = unit;
    }
    view.setUint32(this.value + 1, text.length);
  }

  #setEncoded(text: Uint8Array): void {
    if (text.length > this.#textRoomBytes) this.#grow(text.length);
    this.input.bytes.set(text, this.value + text32HeadBytes);
    this.input.view.setUint32(this.value + 1, text.length);
  }

  #grow(textBytes: number): void {
    this.#textRoomBytes = textBytes;
    this.input = this.#withRoom();
  }

  #withRoom(): Input {
    const input = inputOf(new Uint8Array(this.value + text32HeadBytes + this.#textRoomBytes));
    input.bytes[0] = text32;
    input.view.setUint32(1, this.key.end);
    input.bytes.set(this.key.bytes, text32HeadBytes);
    input.bytes[this.value] = text32;
    return input;
  }
}
