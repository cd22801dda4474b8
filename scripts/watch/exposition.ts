/** Parses metrics in Prometheus' text format. Source: Prometheus, "Text-based format". */

export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const escapes: Readonly<Record<string, string>> = { "\\\\": "\\", '\\"': '"', "\\n": "\n" };

/** Returns the series; skips comments and malformed lines. */
export function readExposition(text: string): Series[] {
  return [...text.matchAll(/^([A-Za-z_:][\w:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?[ \t]+(\S+)/gmu)].map(([, name = "", labels = "", value = ""]) => ({
    name,
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/gu)].map(([, label = "", raw = ""]) => [label, unescaped(raw)])),
    value: value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value),
  }));
}

function unescaped(raw: string): string {
  return raw.replace(/\\[\\"n]/gu, (escape) => escapes[escape] ?? escape);
}
