/** An entry that the plugin adds to a record. */
import type { Input } from "../chunk/msgpack.js";

/** An added entry. Its key and value lie as msgpack in a separate input, so the same code writes it and a record's own entries. */
export interface AddedEntry {
  readonly input: Input;
  /** Text of the key, as the whole of a separate input. */
  readonly key: Input;
  /** Offset of the key's text in {@link input}, whose first value is the key. */
  readonly keyStart: number;
  /** Offset of the value in {@link input}. */
  readonly value: number;
}
