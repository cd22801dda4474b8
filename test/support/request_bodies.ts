// Bodies of requests for clients under test.
import { RequestBodies, type RequestFormat } from "../../src/send/request_bodies.js";

/** @param refused is called when an endpoint refuses the form */
export function bodiesFor(stream: string, format: RequestFormat = "json", refused: () => void = () => undefined): RequestBodies {
  return new RequestBodies(stream, format, Math.random, refused);
}
