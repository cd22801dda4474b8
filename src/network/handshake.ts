/** Waits for the TLS handshake of a proxy library's connection: the libraries return the connection before its handshake ends. */
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";

/**
 * Returns when the handshake is over; immediately for a connection without TLS. Call it before any other await after the library has
 * returned: it misses earlier events.
 * @param signal destroys the connection when aborted
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
