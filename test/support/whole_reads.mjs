// Imported into kinesis-local: makes read() of a stream return all that is buffered, as up to Node.js 24.
//
// Node.js 26 returns one of the buffered pieces, and a reader has to call read() until there is none. fs2, by which
// kinesis-local reads a request, calls it once for each "readable" event: of a large body the rest stays where it is,
// and after 60 s the answer is 500.
import { Readable } from "node:stream";

const { read } = Readable.prototype;

Readable.prototype.read = function readWhole(size) {
  const isWhole = size === undefined && !this.readableObjectMode && this.readableLength > 0;
  return read.call(this, isWhole ? this.readableLength : size);
};
