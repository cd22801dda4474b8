// Imported into kinesis-local: makes a stream's read() return everything that is buffered, as up to Node.js 24.
//
// In Node.js 26, read() returns one buffered piece, and readers must call it until it returns null. fs2, with which
// kinesis-local reads requests, calls it once per "readable" event: the rest of a large body stays in the buffer,
// and after 60 s the response is 500.
import { Readable } from "node:stream";

const { read } = Readable.prototype;

Readable.prototype.read = function readWhole(size) {
  const isWhole = size === undefined && !this.readableObjectMode && this.readableLength > 0;
  return read.call(this, isWhole ? this.readableLength : size);
};
