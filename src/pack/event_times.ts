/** Reads the times of selected events of a chunk. */
import { EventReader } from "../chunk/event_reader.js";
import { inputOf } from "../chunk/msgpack.js";

/** When an event happened. */
export interface EventTime {
  /** Since the epoch. */
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** Returns the times of the events at these positions. Reads the chunk only up to the last position. */
export function eventTimesOf(chunk: Uint8Array, positions: readonly number[]): Map<number, EventTime> {
  const wanted = new Set(positions);
  const times = new Map<number, EventTime>();
  const events = new EventReader(inputOf(chunk));
  for (let position = 0; times.size < wanted.size && events.next(); position++) {
    const { seconds, nanoseconds } = events;
    if (wanted.has(position)) times.set(position, { seconds, nanoseconds });
  }
  return times;
}
