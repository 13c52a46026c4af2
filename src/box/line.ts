import { type ClientRequest, type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import about from "../../package.json" with { type: "json" };
import { Failure } from "../core/failure.ts";

/** What is sent, as far as the line is concerned. */
interface Sent {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** One exchange on its connection. */
export interface Line {
  connected: Promise<void>;
  response: Promise<IncomingMessage>;
  /** Waits so long for the other side, then closes; says in a Failure how a wait ended badly. */
  within: <T>(timeoutMs: number, wait: Promise<T>, silence?: string) => Promise<T>;
  /** Ends the exchange, and the connection unless all was read. */
  close: () => void;
  /** All was read: the connection is for others. */
  release: () => void;
  /** The other side had closed the kept connection before it could have read the request. */
  wasStale: () => boolean;
}

const USER_AGENT = `Longshore/${about.version}`;

/** Sends a request, over a kept connection if there is one; `fresh`: over one of its own. */
export function openLine(request: Sent, fresh: boolean): Line {
  const { url, body, signal } = request;
  const sent = opened(request, fresh);
  let isStale = false;
  sent.on("error", (error) => {
    isStale = sent.reusedSocket && STALE.has(codeOf(error));
  });
  const response = answerTo(sent);
  const connected = connectionOf(sent, isSecure(url) ? "secureConnect" : "connect");

  /** Why we ended the exchange, if it was us. */
  let why: Failure | undefined;
  const release = () => signal?.removeEventListener("abort", stop);
  const close = () => {
    release();
    sent.destroy();
  };
  const cut = (reason: Failure) => {
    why ??= reason;
    close();
  };
  const stop = () => cut(new Failure("stopped", "The call to Box was stopped."));
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  else sent.end(body);

  async function within<T>(
    timeoutMs: number,
    wait: Promise<T>,
    silence = "sent nothing for",
  ): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      cut(broken(`Box ${silence} ${timeoutMs / 1000} s.`));
      // Not every end of a request is told: an answer that changes the protocol leaves it in silence.
      reject(why);
    }, timeoutMs);
    try {
      return await Promise.race([wait, late]);
    } catch (error) {
      close();
      throw why ?? broken(`The connection to Box failed (${codeOf(error)}).`);
    } finally {
      clearTimeout(timer);
    }
  }
  return { connected, response, within, close, release, wasStale: () => isStale && !why };
}

const isSecure = (url: string) => url.startsWith("https:");

function opened({ method, url, headers, body }: Sent, fresh: boolean): ClientRequest {
  const open = isSecure(url) ? requestTls : requestPlain;
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  return open(url, {
    method,
    // A compressed answer would not have the length that was announced for the content.
    headers: { "user-agent": USER_AGENT, "accept-encoding": "identity", ...headers, ...length },
    ...(fresh && { agent: false }),
  });
}

function answerTo(sent: ClientRequest): Promise<IncomingMessage> {
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    sent.on("response", resolve);
    sent.on("error", reject);
  });
  // Whoever waits to be connected is told of the same error.
  response.catch(() => undefined);
  return response;
}

/** Resolves when the socket is ready to be written to. */
function connectionOf(sent: ClientRequest, ready: "connect" | "secureConnect"): Promise<void> {
  return new Promise((resolve, reject) => {
    sent.on("socket", (socket) => {
      // A kept connection is there already.
      if (sent.reusedSocket) resolve();
      else socket.once(ready, resolve);
    });
    sent.on("error", reject);
  });
}

const broken = (message: string) => new Failure("transient", message, { hint: CONNECTION_HINT });

/** What a connection that was kept, and closed by the other side meanwhile, says of itself. */
const STALE = new Set(["ECONNRESET", "EPIPE"]);

/** For whatever goes wrong on the way. */
export const CONNECTION_HINT =
  "Tried again by itself. If it lasts, see that BOX_API_URL is right, that this machine may reach Box, and that status.box.com names no trouble.";

/** The system's code alone: messages can hold the address, signature and all. */
function codeOf(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const code = (at as { code?: unknown }).code;
    if (typeof code === "string") return code;
  }
  return "no reason given";
}
