import type { HttpBindings } from "@hono/node-server";
import { setTimeout as sleep } from "node:timers/promises";
import { type Bytes, bodyOf } from "./bytes.ts";
import { outage } from "./errors.ts";
import type { Effect } from "./instructions.ts";
import type { Ask } from "./requests.ts";

/** Thrown to cut the connection: no answer is possible any more. */
export class ConnectionCut extends Error {
  constructor() {
    super("The connection is cut on purpose.");
    this.name = "ConnectionCut";
  }
}

/** One request with the fault it has to suffer. */
export interface Call extends Ask {
  readonly effect: Effect | undefined;
  /** How the caller reached us; addresses in answers begin so. */
  readonly origin: string;
  readonly incoming: HttpBindings["incoming"];
  /** The request body, as far as the fault lets it come. */
  readonly body: Bytes;
  /** The bytes to store, as the fault leaves them. */
  damaged(media: Bytes): Bytes;
  /** The bytes of a download, as the fault leaves them. */
  outgoing(media: Bytes): Bytes;
  /** Strikes if this is the fault's moment: throws, or waits. */
  strike(moment: "before" | "after"): Promise<void>;
}

/** The request with the fault that it has to suffer, if any. */
export function createCall(
  ask: Ask,
  effect: Effect | undefined,
  { incoming, outgoing }: HttpBindings,
): Call {
  async function act(): Promise<void> {
    if (effect?.do === "answer") throw outage(effect.status);
    if (effect?.do === "reset") {
      incoming.socket.resetAndDestroy();
      throw new ConnectionCut();
    }
    if (effect?.do === "stall") await stall(effect.ms);
  }

  let gone: AbortSignal | undefined;

  /** Ends early, by a cut, when the caller leaves or the sandbox closes. */
  async function stall(ms: number): Promise<void> {
    gone ??= signalOfClose(outgoing);
    await sleep(Math.min(ms, LONGEST_TIMER_MS), undefined, { signal: gone }).catch(() => {
      throw new ConnectionCut();
    });
  }

  /** Lets `limitBytes` pass, then strikes. A stall that ends lets the rest pass too. */
  async function* struckAfter(limitBytes: number, media: Bytes): AsyncGenerator<Buffer> {
    let left = limitBytes;
    for await (const chunk of media) {
      if (left > chunk.length) {
        left -= chunk.length;
        yield chunk;
        continue;
      }
      if (left > 0) yield chunk.subarray(0, left);
      if (left >= 0) await act();
      yield chunk.subarray(Math.max(0, left));
      left = -1;
    }
  }

  async function* paced(bytesPerSecond: number, media: Bytes): AsyncGenerator<Buffer> {
    for await (const chunk of media) {
      await stall((chunk.length / bytesPerSecond) * 1000);
      yield chunk;
    }
  }

  function wire(media: Bytes, alreadyBytes: number): Bytes {
    if (effect?.do === "pace") return paced(effect.bytesPerSecond, media);
    if (!effect || !("at" in effect) || typeof effect.at === "string") return media;
    const { bytes, of } = effect.at;
    return struckAfter(of === "object" ? bytes - alreadyBytes : bytes, media);
  }

  /** Once the headers are gone, a cut is the only refusal that is left. */
  async function* untilCut(media: Bytes): AsyncGenerator<Buffer> {
    try {
      yield* media;
    } catch {
      incoming.socket.resetAndDestroy();
    }
  }

  return {
    ...ask,
    effect,
    origin: `http://${incoming.headers.host ?? "localhost"}`,
    incoming,
    body: wire(bodyOf(incoming), ask.from),
    damaged: (media) => (effect?.do === "damage" ? damage(media) : media),
    outgoing: (media) => untilCut(wire(effect?.do === "damage" ? damage(media) : media, 0)),
    async strike(moment) {
      if (effect && "at" in effect && effect.at === moment) await act();
    },
  };
}

/** For ever, as far as Node's timers go: 25 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function signalOfClose(outgoing: HttpBindings["outgoing"]): AbortSignal {
  if (outgoing.destroyed) return AbortSignal.abort();
  const closing = new AbortController();
  outgoing.once("close", () => closing.abort());
  return closing.signal;
}

async function* damage(media: Bytes): AsyncGenerator<Buffer> {
  let done = false;
  for await (const chunk of media) {
    if (!done && chunk.length > 0) {
      const copy = Buffer.from(chunk);
      copy[0] = (copy[0] ?? 0) ^ 0xff;
      yield copy;
      done = true;
    } else yield chunk;
  }
}
