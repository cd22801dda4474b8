/** How a stream may be named: by its name or its ARN. */

/** Source: Kinesis API Reference, PutRecords, StreamName and StreamARN. */
const namePattern = /^[\w.-]{1,128}$/u;
const arnPattern = /^arn:aws[\w-]*:kinesis:([\w-]+):\d{12}:stream\/[\w.-]{1,128}$/u;

/** Whether it is a stream's name or ARN. */
export function namesStream(text: string): boolean {
  return namePattern.test(text) || arnPattern.test(text);
}

/** Returns the region in a stream's ARN; undefined for any other text. */
export function regionOfArn(stream: string): string | undefined {
  return arnPattern.exec(stream)?.[1];
}
