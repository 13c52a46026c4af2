import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Received {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** A server that answers what the test says, `"reset"` for a cut connection, `"stall"` for nothing. */
export async function startScript(
  answer: (request: Received) => Reply | "reset" | "stall",
): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer();
  server.on("request", (incoming, outgoing) => {
    const buffers: Buffer[] = [];
    incoming.on("data", (buffer: Buffer) => buffers.push(buffer));
    incoming.on("end", () => {
      const { method = "", url = "", headers } = incoming;
      const request = { method, url, headers, body: Buffer.concat(buffers) };
      received.push(request);
      const reply = answer(request);
      if (reply === "reset") incoming.socket.resetAndDestroy();
      else if (reply !== "stall") {
        const text = typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body ?? {});
        outgoing.writeHead(reply.status, reply.headers).end(text);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}
