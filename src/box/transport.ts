import { type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import about from "../../package.json" with { type: "json" };
import { Failure, type FailureKind } from "../core/failure.ts";
import { type BoxClock, createClock } from "./clock.ts";

/** What a call is for, as metrics count it. */
export type CallKind =
  | "token"
  | "user"
  | "file"
  | "versions"
  | "folder"
  | "items"
  | "events"
  | "download"
  | "content"
  | "webhook";

export interface BoxRequest {
  kind: CallKind;
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface BoxAnswer {
  status: number;
  headers: Headers;
  /**
   * The bytes as they come, once; throws `transient` when they stop coming. Leaving the loop early
   * closes the connection, and so does not beginning it soon.
   */
  body: AsyncIterable<Uint8Array>;
  /** Closes the connection, when nobody wants the body. */
  close(): void;
}

/** One HTTP exchange: how long until the headers came. Status 0 when none did. */
export interface BoxCall {
  kind: CallKind;
  method: string;
  /** With its query, and so a secret. */
  url: string;
  status: number;
  ms: number;
  /** Why no headers came. */
  failure: FailureKind | undefined;
}

export interface TransportOptions {
  onCall?: ((call: BoxCall) => void) | undefined;
  /** One for the whole process, or this transport's own. */
  clock?: BoxClock | undefined;
  /** To look the host up, connect and agree on a key: seconds at the worst. */
  connectTimeoutMs?: number | undefined;
  /** Box answers within seconds, and listings of large folders within ten or so. */
  headersTimeoutMs?: number | undefined;
  /** How long a body may bring nothing while we wait for it, or lie there unread. */
  idleTimeoutMs?: number | undefined;
}

export interface Transport {
  send(request: BoxRequest): Promise<BoxAnswer>;
  /** Set by every answer of Box's API. */
  clock: BoxClock;
}

const USER_AGENT = `Longshore/${about.version}`;

/**
 * The one place that speaks HTTP to Box. It sends once, follows no redirect, judges no status, and
 * turns what goes wrong on the way into `transient`, or `stopped` when the caller's signal did it.
 *
 * Over Node's own client and its kept connections: it notices a connection cut short, which the HTTP
 * client inside Box's SDK does not. Not `fetch`, which holds on to memory that the garbage collector
 * does not see: 20,000 answers of 10 KB took 230 MB with it and 40 MB without.
 */
export function createTransport(options: TransportOptions = {}): Transport {
  const { onCall, clock = createClock() } = options;
  const { connectTimeoutMs = 10_000, headersTimeoutMs = 30_000, idleTimeoutMs = 30_000 } = options;

  async function send(request: BoxRequest): Promise<BoxAnswer> {
    const startedAt = performance.now();
    const { kind, method, url } = request;
    const report = (status: number, failure?: FailureKind) =>
      onCall?.({ kind, method, url, status, ms: performance.now() - startedAt, failure });
    const line = openLine(request);
    try {
      await line.within(connectTimeoutMs, line.connected, "was not reached in");
      const response = await line.within(headersTimeoutMs, line.response);
      const { statusCode: status = 0 } = response;
      const headers = headersOf(response);
      // Content hosts may answer out of a cache, with the time of another day.
      if (kind !== "content") clock.note(headers, performance.now() - startedAt);
      report(status);
      return { status, headers, ...openBody(response, line) };
    } catch (error) {
      line.close();
      report(0, error instanceof Failure ? error.kind : undefined);
      throw error;
    }
  }

  function openBody(response: IncomingMessage, line: Line): Pick<BoxAnswer, "body" | "close"> {
    const chunks: AsyncIterator<Uint8Array, undefined> = response[Symbol.asyncIterator]();
    const end = { done: true as const, value: undefined };
    const unread = setTimeout(line.close, idleTimeoutMs).unref();
    const close = () => {
      clearTimeout(unread);
      line.close();
    };
    async function next(): Promise<IteratorResult<Uint8Array, undefined>> {
      clearTimeout(unread);
      const read = await line.within(idleTimeoutMs, chunks.next());
      if (!read.done) return read;
      line.release();
      return end;
    }
    async function leave() {
      close();
      return end;
    }
    return { body: { [Symbol.asyncIterator]: () => ({ next, return: leave }) }, close };
  }

  return { send, clock };
}

/** One exchange on its connection. */
interface Line {
  connected: Promise<void>;
  response: Promise<IncomingMessage>;
  /** Waits so long for the other side, then closes; says in a Failure how a wait ended badly. */
  within: <T>(timeoutMs: number, wait: Promise<T>, silence?: string) => Promise<T>;
  /** Ends the exchange, and the connection unless all was read. */
  close: () => void;
  /** All was read: the connection is for others. */
  release: () => void;
}

function openLine({ method, url, headers, body, signal }: BoxRequest): Line {
  const secure = url.startsWith("https:");
  const open = secure ? requestTls : requestPlain;
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const sent = open(url, {
    method,
    // A compressed answer would not have the length that was announced for the content.
    headers: { "user-agent": USER_AGENT, "accept-encoding": "identity", ...headers, ...length },
  });
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    sent.on("response", resolve);
    sent.on("error", reject);
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
    const silent = () =>
      cut(new Failure("transient", `Box ${silence} ${timeoutMs / 1000} s.`, { hint: HINT }));
    const timer = setTimeout(silent, timeoutMs);
    try {
      return await wait;
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
  return { connected, response, within, close, release };
}

const HINT =
  "Tried again by itself. If it lasts, see that BOX_API_URL is right, that this machine may reach Box, and that status.box.com names no trouble.";

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  return headers;
}

/** The system's code alone: messages can hold the address, signature and all. */
function codeOf(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const code = (at as { code?: unknown }).code;
    if (typeof code === "string") return code;
  }
  return "no reason given";
}

/** A whole body as text. */
export async function readText(answer: BoxAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
