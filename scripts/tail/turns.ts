/** Lets only so many requests be under way at once. */

/** Runs what it is given at once or, when `most` are under way, as soon as one of them has ended, in their order. */
export function turns(most: number): <Result>(ask: () => Promise<Result>) => Promise<Result> {
  let free = most;
  const waiting: (() => void)[] = [];
  return async (ask) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await ask();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}
