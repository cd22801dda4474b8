/** Calls each function of the binding with arguments that it must reject. */
import type { WholeBinding } from "./script_core.js";

const number = 1;
const text = "text";
const values: Readonly<Record<string, unknown>> = {
  undefined,
  null: null,
  true: true,
  number,
  NaN: Number.NaN,
  text,
  symbol: Symbol("s"),
  bigint: 1n,
  object: {},
  array: [1],
  function: () => 1,
  buffer: new ArrayBuffer(8),
  bytes: new Uint8Array(8),
  doubles: new Float64Array(2),
  thrower: new Proxy({}, { get: () => { throw new Error("from a trap"); } }),
};

/** Valid arguments of each function, each with the names of the other values that are valid in its place. */
const functions: Readonly<Record<string, readonly [good: unknown, ...fitting: string[]][]>> = {
  serve: [[() => undefined, "function"]],
  takeChunk: [[4_000_000_000, "number", "NaN"]],
  reply: [[4_000_000_000, "number", "NaN"], [0, "number", "NaN"]],
  extend: [[4_000_000_000, "number", "NaN"]],
  releaseMemory: [[new ArrayBuffer(8), "buffer"]],
  option: [[4_000_000_000, "number", "NaN"], ["key", "text"]],
  setOptions: [[4_000_000_000, "number", "NaN"], [["key"]]],
  outputInstance: [[4_000_000_000, "number", "NaN"]],
  log: [[4, "number", "NaN"], ["text", "text"]],
  writeMessage: [["text\n", "text"]],
  openMetrics: [[4_000_000_000, "number", "NaN"], [[]]],
  addMetricSeries: [[4_000_000_000, "number", "NaN"], ["stream", "text"], ["other", "text"]],
  updateMetrics: [[4_000_000_000, "number", "NaN"], [new Float64Array(2), "doubles"]],
  zoneAbbreviation: [[0, "number", "NaN"]],
  exitProcess: [[0, "number", "NaN"]],
  refuse: [["text", "text"]],
  connect: [["3", "text"]],
};

const definition = { kind: 0, name: "n", help: "h", labelKeys: ["k"], series: [["v"]], bounds: [] };

type Call = (...args: readonly unknown[]) => unknown;

/** @param id the flush with the tag for this test, which has no reply yet */
export function misuse(binding: WholeBinding, id: number, expect: (condition: boolean, what: string) => void): void {
  const call = (name: string): Call => (binding as unknown as Record<string, Call>)[name] ?? (() => undefined);

  const refuses = (name: string, args: readonly unknown[], what: string): void => {
    let error: unknown;
    try {
      call(name)(...args);
    } catch (caught) {
      error = caught;
    }
    const message = error instanceof TypeError || error instanceof RangeError ? error.message : "";
    expect(message.startsWith(`${name}: `), `${name} rejects ${what} with its name: ${String(error)}`);
  };

  for (const [name, parameters] of Object.entries(functions)) {
    const good = parameters.map(([value]) => value);
    refuses(name, [], "no arguments");
    parameters.forEach(([, ...fitting], index) => {
      for (const [kind, value] of Object.entries(values)) {
        if (!fitting.includes(kind)) refuses(name, [...good.slice(0, index), value, ...good.slice(index + 1)], `${kind} as argument ${index + 1}`);
      }
    });
  }

  for (const texts of [[1], [undefined], ["a", null], new Array<string>(3), new Proxy(["a"], {})]) {
    refuses("setOptions", [id, texts], "an array with values that are not texts");
    refuses("openMetrics", [id, [{ ...definition, labelKeys: texts }]], "labels that are not texts");
    refuses("openMetrics", [id, [{ ...definition, series: [texts] }]], "series that are not texts");
  }
  for (const key of Object.keys(definition)) {
    for (const [kind, value] of Object.entries(values)) {
      if ((key === "kind" && kind === "number") || (typeof value === "string" && (key === "name" || key === "help"))) continue;
      if (key === "bounds" && kind === "array") continue;
      refuses("openMetrics", [id, [{ ...definition, [key]: value }]], `${kind} as ${key}`);
    }
  }
  for (const kind of [-1, 3, 1.5, Number.NaN, 4294967296]) refuses("openMetrics", [id, [{ ...definition, kind }]], `kind ${kind}`);
  for (const place of [[0, 1e9], [1e9, 0], [-1, 1], [4294967295, 4294967295], [0, -1], [Number.NaN, 1e12]]) {
    refuses("bundle", place, `a range outside the bundle, ${place.join()}`);
  }
  refuses("bundle", [0], "an offset without a number of bytes");
  refuses("bundle", ["0", "1"], "texts as offset and number of bytes");
  refuses("serve", [() => undefined], "a second call");
}
