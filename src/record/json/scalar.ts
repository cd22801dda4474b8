/** Writes msgpack's nil, booleans and numbers as JSON. */
import type { Input } from "../../chunk/msgpack.js";
import { putFloat, putInteger, putInteger64, putUnsigned } from "./number.js";

/** Maximum bytes of a scalar: a float such as -0.0000010022886875520671, with 17 digits from the sixth decimal place on. */
export const maxScalarBytes = 25;

/** Bytes of a msgpack scalar by its first byte; 0 for other values and for the byte that msgpack never uses. */
export const scalarBytes = new Uint8Array(256);
scalarBytes.fill(1, 0x00, 0x80); // positive fixint
scalarBytes.fill(1, 0xe0); // negative fixint
scalarBytes.set([1, 0, 1, 1], 0xc0); // nil, never used, false, true
scalarBytes.set([5, 9], 0xca); // float 32 and 64
scalarBytes.set([2, 3, 5, 9], 0xcc); // uint 8 to 64
scalarBytes.set([2, 3, 5, 9], 0xd0); // int 8 to 64

/** "null", "true" and "fals", little-endian. */
const nullWord = 0x6c6c756e;
const trueWord = 0x65757274;
const falseWord = 0x736c6166;
const letterE = 0x65;

/**
 * Writes the scalar at `offset` to `position`, where there must be room for {@link maxScalarBytes}.
 * Returns the position after it, or -1 for NaN and infinities, which JSON does not have.
 */
export function putScalar(input: Input, offset: number, bytes: Uint8Array, view: DataView, position: number): number {
  const { bytes: source, view: sourceView } = input;
  const first = source[offset] as number;
  const content = offset + 1;
  if (first < 0x80) return putUnsigned(bytes, position, first);
  switch (first) {
    case 0xc0:
      view.setInt32(position, nullWord, true);
      return position + 4;
    case 0xc2:
      view.setInt32(position, falseWord, true);
      bytes[position + 4] = letterE;
      return position + 5;
    case 0xc3:
      view.setInt32(position, trueWord, true);
      return position + 4;
    case 0xca:
      return putFloat(bytes, position, sourceView.getFloat32(content));
    case 0xcb:
      return putFloat(bytes, position, sourceView.getFloat64(content));
    case 0xcc:
      return putUnsigned(bytes, position, sourceView.getUint8(content));
    case 0xcd:
      return putUnsigned(bytes, position, sourceView.getUint16(content));
    case 0xce:
      return putUnsigned(bytes, position, sourceView.getUint32(content));
    case 0xcf:
      return putInteger64(bytes, position, sourceView.getUint32(content), sourceView.getUint32(content + 4));
    case 0xd0:
      return putInteger(bytes, position, sourceView.getInt8(content));
    case 0xd1:
      return putInteger(bytes, position, sourceView.getInt16(content));
    case 0xd2:
      return putInteger(bytes, position, sourceView.getInt32(content));
    case 0xd3:
      return putInteger64(bytes, position, sourceView.getInt32(content), sourceView.getUint32(content + 4));
    default:
      return putInteger(bytes, position, first - 0x100);
  }
}
