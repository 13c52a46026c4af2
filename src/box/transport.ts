import type { IncomingMessage } from "node:http";
import { Failure, type FailureKind } from "../core/failure.ts";
import { type BoxClock, createClock } from "./clock.ts";
import { HINT, type Line, openLine } from "./line.ts";

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
   * The bytes as they come, once; throws `transient` when they stop coming, or all but do. Leaving the
   * loop early closes the connection, and so does not beginning it soon.
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
  /** In so much waiting a body must bring 64 KiB, or its end. */
  leastWithinMs?: number | undefined;
}

export interface Transport {
  send(request: BoxRequest): Promise<BoxAnswer>;
  /** Set by every answer of Box's API. */
  clock: BoxClock;
}

/**
 * A body that brings less than this while we wait for it so long is as good as one that stalls: at a
 * byte every few seconds it would hold a worker's place for days.
 */
const LEAST_BYTES = 64 * 1024;
const LEAST_WITHIN_MS = 60_000;

/**
 * The one place that speaks HTTP to Box. It sends once, follows no redirect, judges no status, and
 * turns what goes wrong on the way into `transient`, or `stopped` when the caller's signal did it.
 * A kept connection may be closed by Box while a request is on its way to it: a read (GET) that meets
 * that is sent over a new one, which is no second call, as the first was not received.
 *
 * Over Node's own client and its kept connections: it notices a connection cut short, which the HTTP
 * client inside Box's SDK does not. Not `fetch`, which holds on to memory that the garbage collector
 * does not see: 20,000 answers of 10 KB took 230 MB with it and 40 MB without.
 */
export function createTransport(options: TransportOptions = {}): Transport {
  const { onCall, clock = createClock() } = options;
  const { connectTimeoutMs = 10_000, headersTimeoutMs = 30_000, idleTimeoutMs = 30_000 } = options;
  const { leastWithinMs = LEAST_WITHIN_MS } = options;

  async function send(request: BoxRequest): Promise<BoxAnswer> {
    const startedAt = performance.now();
    const { kind, method, url } = request;
    const report = (status: number, failure?: FailureKind) =>
      onCall?.({ kind, method, url, status, ms: performance.now() - startedAt, failure });
    try {
      const [line, response] = await reach(request);
      const { statusCode: status = 0 } = response;
      const headers = headersOf(response);
      // Content hosts may answer out of a cache, with the time of another day.
      if (kind !== "content") clock.note(headers, performance.now() - startedAt);
      report(status);
      return { status, headers, ...openBody(response, line) };
    } catch (error) {
      report(0, error instanceof Failure ? error.kind : undefined);
      throw error;
    }
  }

  async function reach(
    request: BoxRequest,
    fresh = false,
  ): Promise<[line: Line, response: IncomingMessage]> {
    const line = openLine(request, fresh);
    try {
      await line.within(connectTimeoutMs, line.connected, "was not reached in");
      return [line, await line.within(headersTimeoutMs, line.response)];
    } catch (error) {
      if (line.wasStale() && request.method === "GET") return reach(request, true);
      throw error;
    }
  }

  function openBody(response: IncomingMessage, line: Line): Pick<BoxAnswer, "body" | "close"> {
    const chunks: AsyncIterator<Uint8Array, undefined> = response[Symbol.asyncIterator]();
    const end = { done: true as const, value: undefined };
    const unread = setTimeout(line.close, idleTimeoutMs).unref();
    let [waitedMs, bytes] = [0, 0];
    const close = () => {
      clearTimeout(unread);
      line.close();
    };
    async function next(): Promise<IteratorResult<Uint8Array, undefined>> {
      clearTimeout(unread);
      const askedAt = performance.now();
      const read = await line.within(idleTimeoutMs, chunks.next());
      if (read.done) {
        line.release();
        return end;
      }
      waitedMs += performance.now() - askedAt;
      bytes += read.value.byteLength;
      if (waitedMs >= leastWithinMs) assertPace();
      return read;
    }
    function assertPace() {
      const said = `Box sent ${bytes} bytes in ${Math.round(waitedMs / 1000)} s.`;
      const isAlive = bytes >= LEAST_BYTES;
      [waitedMs, bytes] = [0, 0];
      if (isAlive) return;
      close();
      throw new Failure("transient", said, { hint: HINT });
    }
    async function leave() {
      close();
      return end;
    }
    return { body: { [Symbol.asyncIterator]: () => ({ next, return: leave }) }, close };
  }

  return { send, clock };
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  return headers;
}
