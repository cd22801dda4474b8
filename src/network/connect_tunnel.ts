/** Opens tunnels through HTTP proxies: sends CONNECT, and reads the head of the response up to a limit (RFC 9110, 9.3.6). */
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectSecure, type SecureContext } from "node:tls";
import { unbracketed } from "./host_name.js";

/** Maximum bytes of a response's head, as in Node: a proxy may never end the head. */
const maxHeadBytes = 16 * 1024;
const headEnd = "\r\n\r\n";

/** A proxy's response to CONNECT. */
export interface ProxyResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** A connection to the proxy with its response to CONNECT. With status 200 the connection leads to the target. */
export interface ConnectResponse {
  readonly socket: Socket;
  readonly response: ProxyResponse;
}

/** The parameters of a tunnel. */
export interface ConnectOptions {
  /** Host of the target. */
  readonly host: string;
  /** Port of the target. */
  readonly port: number;
  /** Authorities to trust for an https proxy; Node's when undefined. */
  readonly trust: SecureContext | undefined;
  /** Destroys the connection when aborted. */
  readonly signal: AbortSignal;
}

/** Sends CONNECT to a proxy and returns its response. @throws the connection's error, or an error for a response that is not HTTP or is too long */
export async function sendConnect(proxy: URL, options: ConnectOptions): Promise<ConnectResponse> {
  const socket = openConnection(proxy, options);
  try {
    socket.write(requestFor(proxy, options));
    return { socket, response: parseHead(await readHead(socket)) };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function openConnection(proxy: URL, { trust, signal }: ConnectOptions): Socket {
  const host = unbracketed(proxy.hostname);
  if (proxy.protocol !== "https:") return connectPlain({ host, port: proxy.port === "" ? 80 : Number(proxy.port), signal });
  return connectSecure({
    ...{ host, port: proxy.port === "" ? 443 : Number(proxy.port), signal, ALPNProtocols: ["http/1.1"] },
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(trust === undefined ? {} : { secureContext: trust }),
  });
}

function requestFor({ username, password }: URL, { host, port }: ConnectOptions): string {
  const target = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = username === "" && password === "" ? [] : [`Proxy-Authorization: Basic ${Buffer.from(user).toString("base64")}`];
  return [`CONNECT ${target} HTTP/1.1`, ...authorization, `Host: ${target}`, "Proxy-Connection: Keep-Alive"].join("\r\n") + headEnd;
}

/** Returns the head without its empty line. Leaves the bytes behind the head unread on the connection. */
function readHead(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let read = Buffer.alloc(0);
    const stop = () => {
      socket.off("data", onData).off("end", onEnd).off("close", onEnd).off("error", onError);
      // Keeps an error before the next listener from being uncaught: the next read or write reports the error.
      socket.on("error", () => undefined);
    };
    const onData = (part: Buffer) => {
      const from = Math.max(0, read.length + 1 - headEnd.length);
      read = Buffer.concat([read, part]);
      const end = read.indexOf(headEnd, from);
      if (end < 0 && read.length < maxHeadBytes + headEnd.length) return;
      socket.pause();
      stop();
      if (end < 0 || end > maxHeadBytes) {
        reject(new Error(`the head of its response to CONNECT has more than ${maxHeadBytes} bytes`));
        return;
      }
      const rest = read.subarray(end + headEnd.length);
      if (rest.length > 0) socket.unshift(rest);
      resolve(read.toString("latin1", 0, end));
    };
    const onError = (error: Error) => {
      stop();
      reject(error);
    };
    const onEnd = () => onError(new Error("closed the connection before responding to CONNECT"));
    socket.on("data", onData).on("end", onEnd).on("close", onEnd).on("error", onError);
  });
}

function parseHead(head: string): ProxyResponse {
  const [statusLine = "", ...lines] = head.split("\r\n");
  const status = /^HTTP\/\d\.\d (\d{3})(?: |$)/u.exec(statusLine)?.[1];
  if (status === undefined) throw new Error("did not respond to CONNECT in HTTP");
  const headers = lines.flatMap((line): [string, string][] => {
    const colon = line.indexOf(":");
    return colon < 0 ? [] : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]];
  });
  return { statusCode: Number(status), headers: Object.fromEntries(headers) };
}
