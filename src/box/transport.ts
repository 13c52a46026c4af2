import about from "../../package.json" with { type: "json" };
import { Failure } from "../core/failure.ts";

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
  status: number;
  ms: number;
}

export interface TransportOptions {
  onCall?: ((call: BoxCall) => void) | undefined;
  /** Box answers within seconds, and listings of large folders within ten or so. */
  headersTimeoutMs?: number | undefined;
  /** How long a body may bring nothing while we wait for it, or lie there unread. */
  idleTimeoutMs?: number | undefined;
}

export interface Transport {
  send(request: BoxRequest): Promise<BoxAnswer>;
}

const USER_AGENT = `Longshore/${about.version}`;

/**
 * The one place that speaks HTTP to Box. It sends once, follows no redirect, judges no status, and
 * turns what goes wrong on the way into `transient`, or `stopped` when the caller's signal did it.
 * Global `fetch` keeps connections alive and notices a connection cut short, which the HTTP client
 * inside Box's SDK does not.
 */
export function createTransport(options: TransportOptions = {}): Transport {
  const { onCall, headersTimeoutMs = 30_000, idleTimeoutMs = 30_000 } = options;

  async function send(request: BoxRequest): Promise<BoxAnswer> {
    const { kind, method, url, headers, body, signal } = request;
    const line = watchLine(signal);
    const startedAt = performance.now();
    const report = (status: number) =>
      onCall?.({ kind, status, ms: performance.now() - startedAt });
    try {
      const response = await line.within(headersTimeoutMs, () =>
        fetch(url, {
          method,
          headers: { "user-agent": USER_AGENT, ...headers },
          redirect: "manual",
          signal: line.signal,
          ...(body === undefined ? {} : { body }),
        }),
      );
      report(response.status);
      return { status: response.status, headers: response.headers, ...openBody(response, line) };
    } catch (error) {
      report(0);
      throw error;
    }
  }

  function openBody(response: Response, line: Line): Pick<BoxAnswer, "body" | "close"> {
    const reader = response.body?.getReader();
    const end = { done: true as const, value: undefined };
    const unread = setTimeout(line.cut, idleTimeoutMs).unref();
    const close = () => {
      clearTimeout(unread);
      line.cut();
    };
    async function next(): Promise<IteratorResult<Uint8Array, undefined>> {
      clearTimeout(unread);
      const read = await line.within(idleTimeoutMs, async () => reader?.read());
      return read === undefined || read.done ? end : { done: false, value: read.value };
    }
    async function leave() {
      close();
      return end;
    }
    return { body: { [Symbol.asyncIterator]: () => ({ next, return: leave }) }, close };
  }

  return { send };
}

interface Line {
  signal: AbortSignal;
  cut: () => void;
  /** Waits so long, then cuts. */
  within: <T>(timeoutMs: number, wait: () => Promise<T>) => Promise<T>;
}

/** A connection with a watchdog over each wait, and the words for how a wait ended badly. */
function watchLine(stop: AbortSignal | undefined): Line {
  const abort = new AbortController();
  const cut = () => abort.abort();
  const signal = stop === undefined ? abort.signal : AbortSignal.any([stop, abort.signal]);

  async function within<T>(timeoutMs: number, wait: () => Promise<T>): Promise<T> {
    const timer = setTimeout(cut, timeoutMs);
    try {
      return await wait();
    } catch (error) {
      if (stop?.aborted) throw new Failure("stopped", "The call to Box was stopped.");
      if (abort.signal.aborted)
        throw new Failure("transient", `Box sent nothing for ${timeoutMs / 1000} s.`);
      throw new Failure("transient", `The connection to Box failed (${codeOf(error)}).`, {
        hint: "If it lasts, see that BOX_API_URL is right and that this machine may reach Box.",
      });
    } finally {
      clearTimeout(timer);
    }
  }
  return { signal, cut, within };
}

/** The system's or undici's code alone: their messages can hold the address, signature and all. */
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
