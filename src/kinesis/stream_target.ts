/** The stream of a request, as a member of PutRecords and ListShards. */
export type StreamTarget = { readonly StreamName: string } | { readonly StreamARN: string };

/** Returns the member that names a stream. @param stream a name or an ARN */
export function targetOf(stream: string): StreamTarget {
  return stream.startsWith("arn:") ? { StreamARN: stream } : { StreamName: stream };
}
