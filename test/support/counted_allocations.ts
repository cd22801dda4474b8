// Counts the bytes of the arrays that code under test makes, whether or not they are still needed.

/** Runs `work` and gives what it gave, with the bytes of all `new Uint8Array(length)` meanwhile. */
export function countAllocations<Result>(work: () => Result): { readonly result: Result; readonly bytes: number } {
  const real = globalThis.Uint8Array;
  let bytes = 0;
  globalThis.Uint8Array = new Proxy(real, {
    construct(target, args: unknown[], newTarget) {
      const [length] = args;
      if (typeof length === "number") bytes += length;
      return Reflect.construct(target, args, newTarget === globalThis.Uint8Array ? target : newTarget) as Uint8Array;
    },
  });
  try {
    const result = work();
    return { result, bytes };
  } finally {
    globalThis.Uint8Array = real;
  }
}
