// Times compression of single records at level 6: ours, pako, Node's zlib called for each record, and one kept and reset
// stream of Node's zlib, for which there is no documented call.
import { createDeflate, createGzip, deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { deflate, gzip } from "pako";
import { compressorFor, type CompressionAlgorithm } from "../../../src/pack/compression.js";
import { ByteSink } from "../../../src/bytes/byte_sink.js";
import { containerLogMix, mixes } from "../mixes/mixes.js";
import { type Case, mustEqual } from "../stage.js";

const kibibyte = 1024;
const logBytes = 2.5 * kibibyte * kibibyte;
const sizes = [200, 500, 1000, 5000, 20_000, 32 * kibibyte, 100_000, kibibyte * kibibyte];
const maxRecords = 200;
const maxBytesOfRun = 400_000;
const mixRecords = 200;
const maxShareOfZlibs = 1.02;

type ZlibAlgorithm = Extract<CompressionAlgorithm, "gzip" | "zlib">;
type Compress = (bytes: Uint8Array) => Uint8Array;
interface Algorithm {
  readonly ours: Compress;
  readonly pako: Compress;
  readonly node: Compress;
  readonly kept: Compress;
  readonly unpack: Compress;
}

/** Compresses as a pipeline does: the record is in a sink, and its compressed form is appended there. */
function ourCompressor(algorithm: ZlibAlgorithm): Compress {
  const compress = compressorFor(algorithm);
  const sink = new ByteSink();
  return (bytes) => {
    sink.length = 0;
    sink.append(bytes);
    compress(sink, 0);
    return sink.bytes.subarray(bytes.length, sink.length);
  };
}

// Source: Node.js, lib/zlib.js; the same in 18 to 24.
interface StreamInside {
  readonly _handle: {
    reset(): void;
    writeSync(flush: number, input: Uint8Array, at: number, bytes: number, output: Uint8Array, to: number, room: number): void;
  };
  /** Remaining room of the output, and rest of the input. */
  readonly _writeState: Uint32Array;
}

function keptStream(stream: unknown): Compress {
  const { _handle: handle, _writeState: left } = stream as StreamInside;
  const output = new Uint8Array(2 * kibibyte * kibibyte);
  const finish = 4;
  return (bytes) => {
    handle.reset();
    handle.writeSync(finish, bytes, 0, bytes.length, output, 0, output.length);
    return output.subarray(0, output.length - (left[0] as number));
  };
}

const algorithms: Readonly<Record<ZlibAlgorithm, () => Algorithm>> = {
  gzip: () => ({ ours: ourCompressor("gzip"), pako: gzip, node: gzipSync, kept: keptStream(createGzip()), unpack: gunzipSync }),
  zlib: () => ({ ours: ourCompressor("zlib"), pako: deflate, node: deflateSync, kept: keptStream(createDeflate()), unpack: inflateSync }),
};

function compressionCase(name: string, algorithm: ZlibAlgorithm, records: readonly Uint8Array[]): Case {
  const { ours, pako, node, kept, unpack } = algorithms[algorithm]();
  const packedBytes = (compress: Compress) => records.reduce((sum, record) => sum + compress(record).length, 0);
  for (const compress of [ours, pako, node, kept]) {
    for (const record of records) mustEqual(unpack(compress(record)), record, `${algorithm} of ${name}`);
  }
  const share = packedBytes(ours) / packedBytes(node);
  if (share > maxShareOfZlibs) throw new Error(`${algorithm} of ${name}: ${share.toFixed(3)} of zlib's bytes; nothing is timed`);
  const each = (compress: Compress) => () => {
    for (const record of records) compress(record);
  };
  return {
    stage: "compression, record by record",
    name: `${algorithm}, ${name}`,
    records: records.length,
    bytes: records.reduce((sum, { length }) => sum + length, 0),
    ours: { name: "ours", run: each(ours) },
    others: [
      { name: "node:zlib, one call each", run: each(node) },
      { name: "node:zlib, a stream kept", run: each(kept) },
      { name: "pako", run: each(pako) },
    ],
  };
}

export function compressionCases(): Case[] {
  const bodies = containerLogMix.bodies(Math.ceil(logBytes / 400));
  const logs = Buffer.from(bodies.map((body) => JSON.stringify(body)).join("\n"));
  const ofSizes = sizes.map((bytes) => {
    const count = Math.max(1, Math.min(maxRecords, Math.floor(maxBytesOfRun / bytes)));
    const records = Array.from({ length: count }, (_, index) => logs.subarray(index * bytes, (index + 1) * bytes));
    return compressionCase(`${bytes} bytes of container logs`, "gzip", records);
  });
  const ofMixes = mixes.map((mix) => {
    const records = mix.bodies(mixRecords).map((body) => Buffer.from(JSON.stringify(body)));
    return compressionCase(mix.name, mix === containerLogMix ? "zlib" : "gzip", records);
  });
  return [...ofSizes, ...ofMixes];
}
