/**
 * Reads the heads of msgpack values: where a value ends, the length of a text, the number of a map's entries.
 *
 * Source of the layout: MessagePack specification, "Formats" (msgpack/msgpack, spec.md).
 */

/** Bytes to read, with a view over the same memory and the offset at which they end. */
export interface Input {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly end: number;
}

/** Returns an input over the bytes, without copying them. */
export function inputOf(bytes: Uint8Array): Input {
  return {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    end: bytes.byteLength,
  };
}

/** The byte that the format never uses. Readers skip it as a value of one byte; writers reject it. */
export const neverUsed = 0xc1;

const truncated = -1;

/**
 * Returns the offset after the value at `offset`, or -1 when the value does not end within the input.
 * Iterative, so that nesting takes no stack. Each step consumes at least one byte, so that false lengths take no time.
 */
export function skipValue(input: Input, offset: number): number {
  const { bytes, view, end } = input;
  let position = offset;
  let remaining = 1;
  while (remaining > 0) {
    if (position >= end) return truncated;
    remaining--;
    const head = bytes[position] as number;
    if (head < 0x80 || head >= 0xe0) {
      position += 1;
    } else if (head < 0x90) {
      remaining += (head & 0x0f) * 2;
      position += 1;
    } else if (head < 0xa0) {
      remaining += head & 0x0f;
      position += 1;
    } else if (head < 0xc0) {
      position += 1 + (head & 0x1f);
    } else {
      const layout = layouts[head - 0xc0] as Layout;
      if (position + layout.headBytes > end) return truncated;
      const count = readCount(view, position + 1, layout.countBytes);
      position += layout.headBytes + count * layout.bytesPerCount;
      remaining += count * layout.valuesPerCount;
    }
  }
  return position <= end ? position : truncated;
}

interface Layout {
  readonly headBytes: number;
  /** Width in bytes of the length field after the first byte; 0 without a length field. */
  readonly countBytes: number;
  readonly bytesPerCount: number;
  readonly valuesPerCount: number;
}

function layout(headBytes: number, countBytes = 0, bytesPerCount = 0, valuesPerCount = 0): Layout {
  return { headBytes, countBytes, bytesPerCount, valuesPerCount };
}

/** Layouts of the first bytes 0xc0 to 0xdf, in order. */
const layouts: readonly Layout[] = [
  layout(1), // c0 nil
  layout(1), // c1 never used
  layout(1), // c2 false
  layout(1), // c3 true
  layout(2, 1, 1), // c4 bin 8
  layout(3, 2, 1), // c5 bin 16
  layout(5, 4, 1), // c6 bin 32
  layout(3, 1, 1), // c7 ext 8: length, type
  layout(4, 2, 1), // c8 ext 16
  layout(6, 4, 1), // c9 ext 32
  layout(5), // ca float 32
  layout(9), // cb float 64
  layout(2), // cc uint 8
  layout(3), // cd uint 16
  layout(5), // ce uint 32
  layout(9), // cf uint 64
  layout(2), // d0 int 8
  layout(3), // d1 int 16
  layout(5), // d2 int 32
  layout(9), // d3 int 64
  layout(3), // d4 fixext 1: type, data
  layout(4), // d5 fixext 2
  layout(6), // d6 fixext 4
  layout(10), // d7 fixext 8
  layout(18), // d8 fixext 16
  layout(2, 1, 1), // d9 str 8
  layout(3, 2, 1), // da str 16
  layout(5, 4, 1), // db str 32
  layout(3, 2, 0, 1), // dc array 16
  layout(5, 4, 0, 1), // dd array 32
  layout(3, 2, 0, 2), // de map 16
  layout(5, 4, 0, 2), // df map 32
];

function readCount(view: DataView, offset: number, width: number): number {
  switch (width) {
    case 1:
      return view.getUint8(offset);
    case 2:
      return view.getUint16(offset);
    case 4:
      return view.getUint32(offset);
    default:
      return 0;
  }
}

/** A value's head, read by {@link readHead}: the value's kind and size, and where its content starts. */
export interface Head {
  kind: "map" | "array" | "text" | "extension" | "scalar";
  /** Number of a map's entries, an array's values, or a text's or an extension's bytes; 0 for a scalar. */
  count: number;
  /** Offset of the first entry, value or byte. */
  start: number;
  /** Type of an extension. */
  extensionType: number;
}

/** Returns an empty head that {@link readHead} can fill repeatedly. */
export function emptyHead(): Head {
  return { kind: "scalar", count: 0, start: 0, extensionType: 0 };
}

/**
 * Reads the head of the value at `offset`, which must lie wholly within the input (see {@link skipValue}).
 * Strings and binary are both "text", as the Go plugin treats them.
 */
export function readHead(input: Input, offset: number, head: Head): void {
  const { bytes, view } = input;
  const first = bytes[offset] as number;
  if (first >= 0xa0 && first < 0xc0) return setHead(head, "text", first & 0x1f, offset + 1);
  if (first >= 0x80 && first < 0x90) return setHead(head, "map", first & 0x0f, offset + 1);
  if (first >= 0x90 && first < 0xa0) return setHead(head, "array", first & 0x0f, offset + 1);
  switch (first) {
    case 0xc4:
    case 0xd9:
      return setHead(head, "text", view.getUint8(offset + 1), offset + 2);
    case 0xc5:
    case 0xda:
      return setHead(head, "text", view.getUint16(offset + 1), offset + 3);
    case 0xc6:
    case 0xdb:
      return setHead(head, "text", view.getUint32(offset + 1), offset + 5);
    case 0xdc:
      return setHead(head, "array", view.getUint16(offset + 1), offset + 3);
    case 0xdd:
      return setHead(head, "array", view.getUint32(offset + 1), offset + 5);
    case 0xde:
      return setHead(head, "map", view.getUint16(offset + 1), offset + 3);
    case 0xdf:
      return setHead(head, "map", view.getUint32(offset + 1), offset + 5);
    case 0xc7:
      head.extensionType = view.getInt8(offset + 2);
      return setHead(head, "extension", view.getUint8(offset + 1), offset + 3);
    case 0xc8:
      head.extensionType = view.getInt8(offset + 3);
      return setHead(head, "extension", view.getUint16(offset + 1), offset + 4);
    case 0xc9:
      head.extensionType = view.getInt8(offset + 5);
      return setHead(head, "extension", view.getUint32(offset + 1), offset + 6);
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      head.extensionType = view.getInt8(offset + 1);
      return setHead(head, "extension", 1 << (first - 0xd4), offset + 2);
    default:
      return setHead(head, "scalar", 0, offset);
  }
}

function setHead(head: Head, kind: Head["kind"], count: number, start: number): void {
  head.kind = kind;
  head.count = count;
  head.start = start;
}

/** Returns the number at `offset`, or undefined when the value is not a number. Rounds 64-bit integers to a double. */
export function readNumber(input: Input, offset: number): number | undefined {
  const { bytes, view } = input;
  const first = bytes[offset] as number;
  if (first < 0x80) return first;
  if (first >= 0xe0) return first - 0x100;
  switch (first) {
    case 0xca:
      return view.getFloat32(offset + 1);
    case 0xcb:
      return view.getFloat64(offset + 1);
    case 0xcc:
      return view.getUint8(offset + 1);
    case 0xcd:
      return view.getUint16(offset + 1);
    case 0xce:
      return view.getUint32(offset + 1);
    case 0xcf:
      return Number(view.getBigUint64(offset + 1));
    case 0xd0:
      return view.getInt8(offset + 1);
    case 0xd1:
      return view.getInt16(offset + 1);
    case 0xd2:
      return view.getInt32(offset + 1);
    case 0xd3:
      return Number(view.getBigInt64(offset + 1));
    default:
      return undefined;
  }
}
