// Makes a request window for tests of other parts: by default one request at a time, of any size.
import { ByteBudget } from "../../src/bytes/byte_budget.js";
import { RequestWindow } from "../../src/delivery/request_window.js";

export function windowOf(maxRequests = 1, bodies = new ByteBudget(Number.POSITIVE_INFINITY)): RequestWindow {
  return new RequestWindow({ maxRequests, bodies });
}
