import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";

/** Box gives up on a delivery after 30 seconds; nobody honest sends for longer. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Node looks for such requests every 30 seconds unless told, which would double their time. */
const LOOK_EVERY_MS = 5_000;
/** What is asked of us is answered within seconds; a request still coming then is not waited for. */
const GRACE_MS = 5_000;

export type Fetch = (request: Request, env: object) => Response | Promise<Response>;

export interface WebServer {
  port: number;
  /** Takes no new connection, finishes what is asked of it, and cuts what takes longer than a grace. */
  close(): Promise<void>;
}

/** Answers HTTP with `fetch`. Throws when the port is taken. */
export function listen(
  fetch: Fetch,
  { host, port, graceMs = GRACE_MS }: { host: string; port: number; graceMs?: number },
): Promise<WebServer> {
  const serverOptions = {
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: LOOK_EVERY_MS,
  };
  return new Promise((resolve, reject) => {
    const server = serve(
      // The same process calls fetch: its Request and Response must stay Node's own.
      { fetch, hostname: host, port, overrideGlobalObjects: false, createServer, serverOptions },
      ({ port }: AddressInfo) => resolve({ port, close: () => close(server, graceMs) }),
    ) as Server;
    server.once("error", reject);
  });
}

function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
