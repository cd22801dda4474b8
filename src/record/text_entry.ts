/** An entry with a text as its value, such as the tag under tag_key. */
import { inputOf, type Input } from "../chunk/msgpack.js";
import type { AddedEntry } from "./added_entry.js";

const encoder = new TextEncoder();

/** First byte of a text in the format str 32. */
export const text32 = 0xdb;
/** Bytes of the head in the format str 32: the first byte and four bytes of length. */
export const text32HeadBytes = 5;
const usualTextBytes = 64;

/** A text entry of one output, rewritten for each text. */
export class TextEntry implements AddedEntry {
  readonly key: Input;
  readonly keyStart = text32HeadBytes;
  readonly value: number;
  input: Input;
  #text: string | undefined;
  #textRoomBytes = usualTextBytes;

  constructor(key: Input) {
    this.key = key;
    this.value = text32HeadBytes + key.end;
    this.input = this.#withRoom();
  }

  /** Sets the value. */
  setText(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
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
