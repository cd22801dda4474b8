// Counts the bytes of arrays that code under test allocates, freed or not.

const counted = ["Uint8Array", "Uint32Array"] as const;

/** Runs `work`; returns its result with the bytes of all `new Uint8Array(length)` and `new Uint32Array(length)` meanwhile. */
export function countAllocations<Result>(work: () => Result): { readonly result: Result; readonly bytes: number } {
  let bytes = 0;
  const real = counted.map((name) => [name, globalThis[name]] as const);
  for (const [name, constructor] of real) {
    const counting: object = new Proxy(constructor, {
      construct(target, args: unknown[], newTarget): object {
        const [length] = args;
        if (typeof length === "number") bytes += length * target.BYTES_PER_ELEMENT;
        return Reflect.construct(target, args, newTarget === counting ? target : newTarget) as object;
      },
    });
    Reflect.set(globalThis, name, counting);
  }
  try {
    const result = work();
    return { result, bytes };
  } finally {
    for (const [name, constructor] of real) Reflect.set(globalThis, name, constructor);
  }
}
