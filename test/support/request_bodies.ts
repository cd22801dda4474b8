// Bodies of requests for clients under test.
import { RequestBodies } from "../../src/send/request_bodies.js";
import type { RequestFormat } from "../../src/send/request_form.js";

/** @param refused is called when an endpoint refuses the form */
export function bodiesFor(stream: string, format: RequestFormat = "json", refused: () => void = () => undefined): RequestBodies {
  return new RequestBodies(stream, format, Math.random, refused);
}
