/** Limits the number of concurrent requests. */

/** Returns a function that runs requests immediately or, while `max` are in flight, in their order as others end. */
export function turns(max: number): <Result>(request: () => Promise<Result>) => Promise<Result> {
  let free = max;
  const waiting: (() => void)[] = [];
  return async (request) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await request();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}
