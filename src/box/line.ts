import { type IncomingMessage, request as requestPlain } from "node:http";
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
export function openLine({ method, url, headers, body, signal }: Sent, fresh: boolean): Line {
  const secure = url.startsWith("https:");
  const open = secure ? requestTls : requestPlain;
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const sent = open(url, {
    method,
    // A compressed answer would not have the length that was announced for the content.
    headers: { "user-agent": USER_AGENT, "accept-encoding": "identity", ...headers, ...length },
    ...(fresh && { agent: false }),
  });
  let isStale = false;
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    sent.on("response", resolve);
    sent.on("error", (error) => {
      isStale = sent.reusedSocket && STALE.has(codeOf(error));
      reject(error);
    });
  });
  // Whoever waits to be connected is told of the same error.
  response.catch(() => undefined);
  const connected = new Promise<void>((resolve, reject) => {
    sent.on("socket", (socket) => {
      // A kept connection is there already.
      if (sent.reusedSocket) resolve();
      else socket.once(secure ? "secureConnect" : "connect", resolve);
    });
    sent.on("error", reject);
  });
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
      cut(new Failure("transient", `Box ${silence} ${timeoutMs / 1000} s.`, { hint: HINT }));
      // Not every end of a request is told: an answer that changes the protocol leaves it in silence.
      reject(why);
    }, timeoutMs);
    try {
      return await Promise.race([wait, late]);
    } catch (error) {
      close();
      throw (
        why ??
        new Failure("transient", `The connection to Box failed (${codeOf(error)}).`, { hint: HINT })
      );
    } finally {
      clearTimeout(timer);
    }
  }
  return { connected, response, within, close, release, wasStale: () => isStale && !why };
}

const STALE = new Set(["ECONNRESET", "EPIPE"]);

/** For whatever goes wrong on the way. */
export const HINT =
  "Tried again by itself. If it lasts, see that BOX_API_URL is right, that this machine may reach Box, and that status.box.com names no trouble.";

/** The system's code alone: messages can hold the address, signature and all. */
function codeOf(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const code = (at as { code?: unknown }).code;
    if (typeof code === "string") return code;
  }
  return "no reason given";
}
