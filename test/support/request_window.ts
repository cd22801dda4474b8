// A request window for tests of other things: one request at a time, and any bytes, unless a test says otherwise.
import { ByteBudget } from "../../src/bytes/byte_budget.js";
import { RequestWindow } from "../../src/delivery/request_window.js";

export function windowOf(maxRequests = 1, bodies = new ByteBudget(Number.POSITIVE_INFINITY)): RequestWindow {
  return new RequestWindow({ maxRequests, bodies });
}
