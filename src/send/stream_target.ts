/** Which stream a request goes to, as its members say it. */

export type StreamTarget = { readonly StreamName: string } | { readonly StreamARN: string };

/** @param stream a name or an ARN */
export function targetOf(stream: string): StreamTarget {
  return stream.startsWith("arn:") ? { StreamARN: stream } : { StreamName: stream };
}
