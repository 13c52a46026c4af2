import type { IncomingMessage } from "node:http";
import { Failure } from "../core/failure.ts";
import { CONNECTION_HINT, type Line } from "./line.ts";

/**
 * A body that brings less than this in `leastWithinMs` of waiting is as good as one that stalls: at a
 * byte every few seconds it would hold a worker's place for days.
 */
const LEAST_BYTES = 64 * 1024;

interface Pace {
  /** How long it may bring nothing while we wait for it, or lie there unread. */
  idleTimeoutMs: number;
  leastWithinMs: number;
}

export interface AnswerBody {
  /**
   * The bytes as they come, once; throws `transient` when they stop coming, or all but do. Leaving the
   * loop early closes the connection, and so does not beginning it soon.
   */
  body: AsyncIterable<Uint8Array>;
  /** Closes the connection, when nobody wants the body. */
  close(): void;
}

/**
 * The body of an answer as it comes over its line. Only the time that somebody waits for bytes counts
 * against Box: who reads slowly may.
 */
export function openBody(
  response: IncomingMessage,
  line: Line,
  { idleTimeoutMs, leastWithinMs }: Pace,
): AnswerBody {
  const chunks: AsyncIterator<Uint8Array, undefined> = response[Symbol.asyncIterator]();
  const end = { done: true as const, value: undefined };
  const unread = setTimeout(line.close, idleTimeoutMs).unref();
  let [waitedMs, bytes] = [0, 0];

  function close() {
    clearTimeout(unread);
    line.close();
  }

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

  /** Judges what came since it was last called. */
  function assertPace() {
    const said = `Box sent ${bytes} bytes in ${Math.round(waitedMs / 1000)} s.`;
    const isAlive = bytes >= LEAST_BYTES;
    [waitedMs, bytes] = [0, 0];
    if (isAlive) return;
    close();
    throw new Failure("transient", said, { hint: CONNECTION_HINT });
  }

  async function leave() {
    close();
    return end;
  }

  return { body: { [Symbol.asyncIterator]: () => ({ next, return: leave }) }, close };
}
