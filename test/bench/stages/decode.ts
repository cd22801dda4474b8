// Times finding the events in a chunk: our walk over the bytes, against objects made by @msgpack/msgpack.
import { decodeMulti } from "@msgpack/msgpack";
import { EventReader } from "../../../src/chunk/event_reader.js";
import { inputOf } from "../../../src/chunk/msgpack.js";
import { chunkOfLogs } from "../container_logs.js";
import { mixes } from "../mixes/mixes.js";
import { type Case, mustEqual } from "../stage.js";

const records = 5000;

export function decodeCases(): Case[] {
  return mixes.map(({ name, bodies }) => {
    const chunk = chunkOfLogs(bodies(records));
    const ours = (): number => {
      const events = new EventReader(inputOf(chunk));
      let count = 0;
      while (events.next()) count++;
      return count;
    };
    const objects = (): number => {
      let count = 0;
      for (const event of decodeMulti(chunk)) if (Array.isArray(event)) count++;
      return count;
    };
    for (const found of [ours(), objects()]) mustEqual(String(found), String(records), `events of ${name}`);
    return {
      stage: "find the events",
      name,
      records,
      bytes: chunk.length,
      ours: { name: "ours", run: ours },
      others: [{ name: "@msgpack/msgpack", run: objects }],
    };
  });
}
