/** An entry that the plugin adds to a record. */
import type { Input } from "../chunk/msgpack.js";

/** Its key and its value lie in an input of its own, as msgpack, so that it takes the same way as every other entry of a record. */
export interface AddedEntry {
  readonly input: Input;
  /** The key's text, all of an input. */
  readonly key: Input;
  /** Where the key's text starts in {@link input}, whose first value is the key. */
  readonly keyStart: number;
  /** Offset of the value in {@link input}. */
  readonly value: number;
}
