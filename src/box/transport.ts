import type { IncomingMessage } from "node:http";
import { Failure, type FailureKind } from "../core/failure.ts";
import { type BoxClock, createClock } from "./clock.ts";
import { type Line, openLine } from "./line.ts";
import { type AnswerBody, openBody } from "./open-body.ts";

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

export interface BoxAnswer extends AnswerBody {
  status: number;
  headers: Headers;
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
  const { leastWithinMs = 60_000 } = options;

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
      return { status, headers, ...openBody(response, line, { idleTimeoutMs, leastWithinMs }) };
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

  return { send, clock };
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  return headers;
}
