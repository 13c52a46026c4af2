import type { IncomingHttpHeaders } from "node:http";
import { Failure } from "../core/failure.ts";
import { lakeFailure, type Refusal } from "./errors.ts";
import { exchange, type HttpAnswer, type HttpRequest } from "./exchange.ts";

export interface GcsRequest extends Pick<HttpRequest, "method" | "url"> {
  headers?: Record<string, string>;
  body?: Buffer | string;
  signal?: AbortSignal | undefined;
}

export interface GcsAnswer extends Refusal {
  ok: boolean;
  headers: IncomingHttpHeaders;
  /** The JSON, if it was any. */
  body: unknown;
}

/**
 * Sends one request and reads its whole answer, whatever the status: also redirects, because 308 is
 * how GCS says "go on". Throws `transient` when there is no answer within `timeoutMs` (the body of
 * the request and of the answer included) or the connection fails, `stopped` when the signal fires.
 * No failure holds the address: a session's is a secret.
 */
export type Send = (request: GcsRequest) => Promise<GcsAnswer>;

/** Who we are to the other side. */
export interface Identity {
  /** What a request shows. Throws a `Failure` when there is no token to be had. */
  headers: (url: string) => Promise<Headers>;
  /** The token that was shown is no longer good, whatever its age: get another one. */
  renew: (refused: string | null) => void;
}

/** One exchange: until its whole answer was there. Status 0 when it never was. */
export interface GcsCall {
  method: string;
  /** With its query, and so a secret. */
  url: string;
  status: number;
  ms: number;
}

/** Shows `identity`, if any, with every request, and renews a refused token once. */
export function createSend(
  timeoutMs: number,
  identity?: Identity,
  onCall?: (call: GcsCall) => void,
): Send {
  async function sendOnce({ method, url, headers, body, signal }: GcsRequest) {
    // AbortSignal.timeout and any() would keep every request in memory until its time is over.
    const deadline = new AbortController();
    const startedAt = performance.now();
    const report = (status: number) =>
      onCall?.({ method, url, status, ms: performance.now() - startedAt });
    const timer = setTimeout(() => deadline.abort(), timeoutMs);
    const stop = () => deadline.abort();
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
    try {
      const all = identity ? await before(deadline.signal, identity.headers(url)) : new Headers();
      const shown = all.get("authorization");
      const answer = await exchange({
        method,
        url,
        headers: { ...Object.fromEntries(all), ...headers },
        body: body ?? "",
        signal: deadline.signal,
      }).catch((error: unknown) => {
        report(0);
        throw error;
      });
      report(answer.status);
      return { answer: understand(answer), shown };
    } catch (error) {
      if (signal?.aborted) throw lakeFailure("stopped", "stopped while waiting for an answer");
      if (deadline.signal.aborted)
        throw lakeFailure("transient", `no answer within ${timeoutMs} ms`, { code: "timeout" });
      if (error instanceof Failure) throw error;
      throw lakeFailure("transient", `the connection failed (${codeOf(error)})`, {
        code: codeOf(error),
      });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    }
  }

  return async (request) => {
    const { answer, shown } = await sendOnce(request);
    if (answer.status !== 401 || !identity) return answer;
    identity.renew(shown);
    return (await sendOnce(request)).answer;
  };
}

function before<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error("aborted"));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject);
  });
}

function understand({ status, headers, text }: HttpAnswer): GcsAnswer {
  const body = parse(text);
  const error = (body as { error?: { message?: unknown; errors?: { reason?: unknown }[] } } | null)
    ?.error;
  const reason = error?.errors?.[0]?.reason;
  return {
    ok: status >= 200 && status < 300,
    status,
    headers,
    body,
    reason: typeof reason === "string" ? reason : undefined,
    // Upload addresses answer some refusals in plain text.
    message: typeof error?.message === "string" ? error.message : text,
    retryAfterMs: retryAfterMs(headers["retry-after"]),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after */
function retryAfterMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** Its message may hold the address. */
function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : "unknown";
}
