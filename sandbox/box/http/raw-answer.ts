import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Effect } from "../faults.ts";

type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface Answer {
  status: number;
  headers: OutgoingHttpHeaders;
  body: Bytes;
}

/** True for effects that harm an answer on its way, rather than replace it. */
export const harmsBody = (effect: Effect | undefined): boolean =>
  effect !== undefined && ["reset", "cut", "stall", "flip"].includes(effect.type);

/**
 * Sends an answer over the bare connection, harmed as the effect says. Returns when the answer is
 * sent, or the other side has gone.
 */
export async function sendRaw(out: ServerResponse, answer: Answer, effect?: Effect): Promise<void> {
  if (effect?.type === "reset" && effect.afterBytes === undefined) return reset(out);
  const ends = effect && "afterBytes" in effect ? effect.afterBytes : undefined;
  out.writeHead(answer.status, answer.headers);
  // The head may wait for the first byte of a body that will not come.
  out.flushHeaders();
  try {
    await pipeline(harmed(answer.body, effect, ends), out, { end: ends === undefined });
  } catch (error) {
    // Whoever asked has gone: nobody is left to tell.
    if (!out.destroyed) throw error;
    return;
  }
  if (ends !== undefined) await interrupt(out, effect!);
}

function harmed(body: Bytes, effect: Effect | undefined, ends: number | undefined): Bytes {
  if (effect?.type === "flip") return flipped(body, effect.at ?? 0);
  return ends === undefined ? body : firstOf(body, ends);
}

async function* firstOf(body: Bytes, count: number) {
  let left = count;
  for await (const bytes of body) {
    if (left === 0) return;
    const part = bytes.subarray(0, left);
    left -= part.length;
    yield part;
  }
}

async function* flipped(body: Bytes, at: number) {
  let passed = 0;
  for await (const bytes of body) {
    const place = at - passed;
    passed += bytes.length;
    if (place >= 0 && place < bytes.length) {
      const copy = Uint8Array.from(bytes);
      copy[place]! ^= 1;
      yield copy;
    } else yield bytes;
  }
}

/** Ends an answer in the middle: with a reset, with a tidy close, or not at all. */
async function interrupt(out: ServerResponse, effect: Effect): Promise<void> {
  if (effect.type === "stall") return gone(out);
  // What was written must be on its way before the connection goes.
  await new Promise<void>((resolve) => out.write("", () => resolve()));
  if (effect.type === "reset") return reset(out);
  out.socket?.end();
  return gone(out);
}

function reset(out: ServerResponse): Promise<void> {
  out.socket?.resetAndDestroy();
  return gone(out);
}

const gone = (out: ServerResponse) =>
  new Promise<void>((resolve) => {
    if (out.destroyed || out.closed) return resolve();
    out.once("close", resolve);
  });
