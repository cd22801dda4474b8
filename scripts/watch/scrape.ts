/** Fetches the metrics of a Fluent Bit. */
import type { Look } from "./dashboard.js";
import { readExposition } from "./exposition.js";

const timeoutMs = 5_000;
/** Maximum bytes of a response: a Fluent Bit with a hundred outputs returns some 200 kB. */
const maxBytes = 16 * 1024 * 1024;

/** Error without metrics, with advice. */
export class ScrapeError extends Error {
  override readonly name = "ScrapeError";
}

/** Returns the current metrics. @throws ScrapeError */
export async function scrape(url: URL, signal: AbortSignal): Promise<Look> {
  const advice = "is Fluent Bit running there, with 'http_server on' in [SERVICE]?";
  try {
    const limit = AbortSignal.timeout(timeoutMs);
    const stop = new AbortController();
    for (const each of [limit, signal]) each.addEventListener("abort", () => stop.abort(each.reason), { once: true });
    if (signal.aborted) stop.abort();
    const response = await fetch(url, { signal: stop.signal });
    if (!response.ok) throw new ScrapeError(`${url.href} responded with status ${response.status}; ${advice}`);
    return { atMs: performance.now(), series: readExposition(await boundedText(response, url)) };
  } catch (error) {
    if (error instanceof ScrapeError) throw error;
    const { cause, message } = error as { cause?: { code?: string; message?: string }; message: string };
    throw new ScrapeError(`${url.href} cannot be read (${cause?.code ?? cause?.message ?? message}); ${advice}`, { cause: error });
  }
}

async function boundedText(response: Response, url: URL): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new ScrapeError(`${url.href} responded with more than ${maxBytes} bytes: these are not metrics of Fluent Bit`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
