// Makes request bodies for clients under test.
import type { SinkPool } from "../../src/bytes/sink_pool.js";
import { RequestBodies } from "../../src/kinesis/request_bodies.js";
import type { RequestFormat } from "../../src/kinesis/request_format.js";
import { timedPool } from "./sink_pool.js";

/** @param refused called when an endpoint rejects the format */
export function bodiesFor(
  stream: string,
  format: RequestFormat = "json",
  refused: () => void = () => undefined,
  sinks: SinkPool = timedPool().pool,
): RequestBodies {
  return new RequestBodies(stream, format, Math.random, sinks, refused);
}
