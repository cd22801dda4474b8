// A plain and slow implementation of the record options, over maps and lists instead of bytes, to compare the shaper with.

/** A decoded body: texts, numbers, bigints, booleans, null, lists, and maps with their keys in order. */
export type ReferenceValue =
  | string | number | bigint | boolean | null
  | readonly ReferenceValue[]
  | ReadonlyMap<string, ReferenceValue>;

export type ReferenceBody = ReadonlyMap<string, ReferenceValue>;

export interface ReferenceOptions {
  readonly partitionKeyPath: readonly string[];
  readonly dataKeys: readonly string[] | undefined;
  readonly exceptKeys?: readonly string[] | undefined;
  readonly logKey: string | undefined;
  readonly appendNewline: boolean;
  readonly timeKey: string | undefined;
  readonly tagKey?: string | undefined;
  readonly metadataKey?: string | undefined;
  readonly replaceDots: string | undefined;
}

export interface ReferenceRecord {
  /** Undefined if the record is rejected. */
  readonly text: string | undefined;
  readonly partitionKey: string | undefined;
}

/** Parts of an event besides its body. */
export interface ReferenceContext {
  readonly timeText: string;
  readonly tag: string;
  /** Empty if it has none. */
  readonly metadata: ReferenceBody;
  /** Metadata of its group; undefined outside of groups. */
  readonly shared: ReferenceBody | undefined;
}

/** Shapes as documented: adds time, tag and metadata, finds the partition key, picks keys, replaces dots, takes log_key. */
export function shapeByReference(body: ReferenceBody, context: ReferenceContext, options: ReferenceOptions): ReferenceRecord {
  const whole = new Map(body);
  const add = (key: string | undefined, value: ReferenceValue) => {
    if (key === undefined) return;
    whole.delete(key);
    whole.set(key, value);
  };
  add(options.timeKey, context.timeText);
  add(options.tagKey, context.tag);
  const metadata = metadataOf(context);
  if (metadata.size > 0) add(options.metadataKey, metadata);
  const partitionKey = partitionKeyOf(whole, options.partitionKeyPath);
  const picked = [...whole].filter(([key]) => options.dataKeys?.includes(key) ?? !(options.exceptKeys?.includes(key) ?? false));
  const renamed = picked.map(([key, value]) => [renameKey(key, options.replaceDots), value] as const);
  const text = textOf(renamed, options);
  const refused = { text: undefined, partitionKey: undefined };
  if (text === undefined) return refused;
  const record = options.appendNewline ? `${text}\n` : text;
  return record === "" ? refused : { text: record, partitionKey };
}

function metadataOf({ metadata, shared }: ReferenceContext): ReferenceBody {
  const all = new Map(metadata);
  for (const [key, value] of shared ?? []) if (!all.has(key) && !(value instanceof Map && value.size === 0)) all.set(key, value);
  return all;
}

function textOf(entries: readonly (readonly [string, ReferenceValue])[], options: ReferenceOptions): string | undefined {
  if (options.logKey === undefined) {
    return `{${entries.map(([key, value]) => entryText(key, value, options.replaceDots)).join(",")}}`;
  }
  const found = entries.filter(([key]) => key === options.logKey).at(-1);
  if (found === undefined) return undefined;
  const [, value] = found;
  return typeof value === "string" ? value : jsonText(value, options.replaceDots);
}

function partitionKeyOf(body: ReferenceBody, path: readonly string[]): string | undefined {
  if (path.length === 0) return undefined;
  let value: ReferenceValue | undefined = body;
  for (const key of path) value = value instanceof Map ? (value as ReferenceBody).get(key) : undefined;
  if (value === undefined || value === null || value === "" || typeof value === "object") return undefined;
  return Array.from(String(value)).slice(0, 256).join("");
}

const renameKey = (key: string, replacement: string | undefined) =>
  replacement === undefined ? key : key.split(".").join(replacement);

const entryText = (key: string, value: ReferenceValue, replacement: string | undefined) =>
  `${JSON.stringify(key)}:${jsonText(value, replacement)}`;

function jsonText(value: ReferenceValue, replacement: string | undefined): string {
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) {
    return `[${(value as readonly ReferenceValue[]).map((item) => jsonText(item, replacement)).join(",")}]`;
  }
  const entries = [...(value as ReferenceBody)].map(([key, item]) =>
    entryText(renameKey(key, replacement), item, replacement),
  );
  return `{${entries.join(",")}}`;
}
