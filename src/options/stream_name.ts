/** Recognizes stream names and ARNs. */
import { streamNamePattern } from "../limits.js";

/** Source: Kinesis API Reference, PutRecords, StreamARN. */
const arnPattern = /^arn:aws[\w-]*:kinesis:([\w-]+):\d{12}:stream\/[\w.-]{1,128}$/u;

/** Returns whether a text is a stream's name or ARN. */
export function namesStream(text: string): boolean {
  return streamNamePattern.test(text) || arnPattern.test(text);
}

/** Returns the region in a stream's ARN; undefined for other texts. */
export function regionOfArn(stream: string): string | undefined {
  return arnPattern.exec(stream)?.[1];
}
