/** A growing buffer that user records are written to, one behind the other. */

const smallestBytes = 64 * 1024;

/** Bytes written so far are `bytes[0..length)`. Growing moves them: never keep `bytes` or `view` over a `reserve`. */
export class ByteSink {
  bytes: Uint8Array;
  view: DataView;
  length = 0;
  /** Length of `bytes`. Kept here, as all lengths that are read often: in Node 18 the length of an array is a call. */
  capacity: number;

  /** @param capacityBytes room to start with */
  constructor(capacityBytes = smallestBytes) {
    this.bytes = new Uint8Array(capacityBytes);
    this.view = new DataView(this.bytes.buffer);
    this.capacity = capacityBytes;
  }

  /** Makes room for so many more bytes. */
  reserve(moreBytes: number): void {
    const needed = this.length + moreBytes;
    if (needed <= this.capacity) return;
    this.capacity = Math.max(needed, this.capacity * 2, smallestBytes);
    const grown = new Uint8Array(this.capacity);
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  /** Appends a byte; room for it must have been reserved. */
  put(byte: number): void {
    this.bytes[this.length++] = byte;
  }

  /** Appends bytes as they are. */
  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Appends a text of ASCII characters. */
  appendAscii(text: string): void {
    this.reserve(text.length);
    const { bytes } = this;
    let position = this.length;
    for (let index = 0; index < text.length; index++) bytes[position++] = text.charCodeAt(index);
    this.length = position;
  }
}
