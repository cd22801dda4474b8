// Releases of the memory of Node's code: soon after the start, and then at most every ten seconds.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { releaseAfterRequests } from "../../../src/host/resident_memory.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("Node's code is released a second after the first request, also when others follow", () => {
  const release = vi.fn();
  const requested = releaseAfterRequests(release);
  requested();
  vi.advanceTimersByTime(999);
  requested();
  expect(release).toHaveBeenCalledTimes(0);
  vi.advanceTimersByTime(1);
  expect(release).toHaveBeenCalledTimes(1);
});

it("Node's code is released every ten seconds while requests come, and not again without requests", () => {
  const release = vi.fn();
  const requested = releaseAfterRequests(release);
  requested();
  vi.advanceTimersByTime(1000);
  for (let second = 0; second < 29; second++) {
    requested();
    vi.advanceTimersByTime(1000);
  }
  expect(release).toHaveBeenCalledTimes(3);
  vi.advanceTimersByTime(60_000);
  expect(release).toHaveBeenCalledTimes(4);
});
