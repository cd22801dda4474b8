/** A growing buffer to which records are appended one after another. */

const minCapacityBytes = 64 * 1024;

/** A growing buffer. Its content is `bytes[0..length)`. Growing moves it: never keep `bytes` or `view` across a `reserve`. */
export class ByteSink {
  bytes: Uint8Array;
  view: DataView;
  length = 0;
  /** Length of `bytes`. Cached, like all lengths that are read often: in Node 18, reading an array's length is a call. */
  capacity: number;

  /** @param capacityBytes initial room */
  constructor(capacityBytes = minCapacityBytes) {
    this.bytes = new Uint8Array(capacityBytes);
    this.view = new DataView(this.bytes.buffer);
    this.capacity = capacityBytes;
  }

  /** Makes room for `moreBytes` more bytes. */
  reserve(moreBytes: number): void {
    const needed = this.length + moreBytes;
    if (needed <= this.capacity) return;
    this.capacity = Math.max(needed, this.capacity * 2, minCapacityBytes);
    const grown = new Uint8Array(this.capacity);
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  /** Appends a byte. The caller must have reserved room. */
  put(byte: number): void {
    this.bytes[this.length++] = byte;
  }

  /** Appends bytes. */
  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Appends an ASCII text. */
  appendAscii(text: string): void {
    this.reserve(text.length);
    const { bytes } = this;
    let position = this.length;
    for (let index = 0; index < text.length; index++) bytes[position++] = text.charCodeAt(index);
    this.length = position;
  }
}
