import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { once } from "node:events";
import type { Effect } from "../faults.ts";

export interface Answer {
  status: number;
  headers: OutgoingHttpHeaders;
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
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
  out.writeHead(answer.status, answer.headers);
  // The head may wait for the first byte of a body that will not come.
  out.flushHeaders();
  const keep = effect && "afterBytes" in effect ? (effect.afterBytes ?? 0) : Infinity;
  const flip = effect?.type === "flip" ? (effect.at ?? 0) : undefined;
  let sent = 0;
  for await (const bytes of answer.body) {
    if (out.destroyed) return;
    const whole = flip === undefined ? bytes : flipped(bytes, flip - sent);
    const part = whole.subarray(0, Math.max(0, keep - sent));
    sent += part.length;
    if (part.length > 0 && !out.write(part)) await Promise.race([once(out, "drain"), gone(out)]);
    if (sent >= keep) return interrupt(out, effect!);
  }
  out.end();
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
    out.once("error", () => resolve());
  });

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  if (at < 0 || at >= bytes.length) return bytes;
  const copy = Uint8Array.from(bytes);
  copy[at]! ^= 1;
  return copy;
}
