import { setTimeout as wait } from "node:timers/promises";
import { Failure } from "../core/failure.ts";
import { lakeFailure } from "./errors.ts";

/**
 * The short waits inside one `create`, while its bytes are still in memory. Longer troubles are left
 * to the row: a wait of minutes here would only keep memory and a Box download busy.
 */
export interface Tries {
  /** Before the second, third, … try of the same request; as many tries as waits, and one. */
  waitsMs: number[];
  /** In [0, 1). */
  random: () => number;
  signal: AbortSignal | undefined;
}

/** A throttled answer that asks for more than this is left to the row as well. */
const LONGEST_WAIT_MS = 5_000;

/**
 * Waits before the next try after `failure`, the `failed`th in a row, for half to one and a half of
 * the stated time: what failed together does not return together. Throws `failure` itself when no
 * try is left or none can help, and `stopped` when the signal fires.
 */
export async function pauseAfter(failure: Failure, failed: number, tries: Tries): Promise<void> {
  const waitMs = tries.waitsMs[failed - 1];
  const helps = failure.kind === "transient" || failure.kind === "throttled";
  const askedMs = failure.retryAfterMs ?? 0;
  if (!helps || waitMs === undefined || askedMs > LONGEST_WAIT_MS) throw failure;
  try {
    const ms = Math.max(askedMs, waitMs * (0.5 + tries.random()));
    await wait(ms, undefined, tries.signal ? { signal: tries.signal } : {});
  } catch {
    throw lakeFailure("stopped", "stopped while waiting to try again");
  }
}

/** Asks again while it fails in a way that another try can mend; throws the last failure. */
export async function persist<T>(tries: Tries, ask: () => Promise<T>): Promise<T> {
  for (let failed = 1; ; failed++) {
    try {
      return await ask();
    } catch (error) {
      await pauseAfter(asFailure(error), failed, tries);
    }
  }
}

/** Anything but a `Failure` is a mistake of ours and is thrown on. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}
