import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";

export interface Asked {
  method: string;
  url: URL;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  /** An object is written as JSON. */
  body?: Buffer | string | object;
}

/** Written to the socket: nothing but the status line, what is said, and the bytes in chunks. */
export function sendBare(response: ServerResponse, { status = 200, headers = {}, body }: Reply) {
  response.sendDate = false;
  response.writeHead(status, headers);
  const bytes = bytesOf(body);
  // Two writes without a length: chunked, and cut where no character ends.
  response.write(bytes.subarray(0, 7));
  response.end(bytes.subarray(7));
}

/** With headers in capitals, headers nobody asked for, compression whenever it is taken, and a farewell. */
export function sendRich(
  response: ServerResponse,
  { status = 200, headers = {}, body }: Reply,
  accepted: string | undefined,
) {
  const plain = bytesOf(body);
  const isZipped = plain.length > 0 && /\b(gzip|\*)/.test(accepted ?? "");
  const bytes = isZipped ? gzipSync(plain) : plain;
  const all: Record<string, string> = {
    "content-type": typeof body === "object" ? "application/json; charset=UTF-8" : "text/html",
    "strict-transport-security": "max-age=31536000",
    "x-envoy-upstream-service-time": "41",
    vary: "Accept-Encoding, Origin",
    "set-cookie": "z=1; Path=/; HttpOnly",
    connection: "close",
    ...(isZipped ? { "content-encoding": "gzip" } : {}),
    ...headers,
  };
  response.writeEarlyHints({ link: "</style.css>; rel=preload; as=style" });
  response.writeHead(status, {
    ...Object.fromEntries(Object.entries(all).map(([name, value]) => [name.toUpperCase(), value])),
    "CONTENT-LENGTH": bytes.length,
  });
  response.end(bytes);
}

function bytesOf(body: Reply["body"] = ""): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body, null, 2));
}

/** Answers on a free port of this machine, one request after its whole body. */
export async function listen(
  answer: (asked: Asked, origin: string) => Reply | Promise<Reply>,
  send: (response: ServerResponse, reply: Reply, accepted: string | undefined) => void,
) {
  let origin = "";
  async function serve(request: IncomingMessage, response: ServerResponse) {
    const { method = "", headers } = request;
    const url = new URL(request.url ?? "/", origin);
    const reply = await answer({ method, url, headers, body: await buffer(request) }, origin);
    send(response, reply, headers["accept-encoding"] as string | undefined);
  }
  // Whoever left amid a request wants no answer.
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: origin,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
