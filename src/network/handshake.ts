/** Waits for the end of a TLS handshake that a proxy library has begun: the libraries return the connection before it. */
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";

/**
 * Returns when the handshake is over; at once for a connection without TLS. Must be called when the library has returned,
 * before any other wait: what has happened already is not seen.
 * @param signal destroys the connection
 * @throws the error of the handshake; ECONNRESET when the connection closes before its end
 */
export async function handshakeOf(socket: Duplex, signal: AbortSignal): Promise<void> {
  if (!(socket instanceof TLSSocket)) return;
  const over = new AbortController();
  const end = () => socket.destroy();
  signal.addEventListener("abort", end, { once: true });
  try {
    if (signal.aborted) end();
    await Promise.race([
      once(socket, "secureConnect", over),
      once(socket, "close", over).then(() => {
        throw Object.assign(new Error("the connection was closed within the TLS handshake"), { code: "ECONNRESET" });
      }),
    ]);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", end);
    over.abort();
  }
}
