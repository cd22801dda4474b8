/** How a stream may be named: by its name or its ARN. */

/** Source: Kinesis API Reference, PutRecords, StreamName and StreamARN. */
const namePattern = /^[\w.-]{1,128}$/u;
const arnPattern = /^arn:aws[\w-]*:kinesis:([\w-]+):\d{12}:stream\/[\w.-]{1,128}$/u;

/** Whether it is a stream's name or ARN. */
export function namesStream(text: string): boolean {
  return namePattern.test(text) || arnPattern.test(text);
}

/** The region in a stream's ARN; undefined for what is none. */
export function regionOfArn(stream: string): string | undefined {
  return arnPattern.exec(stream)?.[1];
}
