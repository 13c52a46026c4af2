import { type Effect, parseInstruction } from "./instructions.ts";
import type { Ask, RequestKind } from "./requests.ts";

export interface Fault {
  /** See `instructions.ts`. */
  instruction: string;
  on: RequestKind | RequestKind[];
  /** How often it strikes; once, if nothing is said. */
  times?: number;
  /** How many matching requests pass unharmed first. */
  skip?: number;
  /** Only requests about this object. Multipart uploads must name it in the address. */
  name?: string;
  /** Any other condition; cannot be armed over HTTP. */
  when?: (ask: Ask) => boolean;
}

export interface ArmedFault extends Fault {
  readonly id: number;
  /** How often it still strikes: not 0 means the scenario was not played in full. */
  readonly remaining: number;
}

export interface Faults {
  /** Throws when the instruction is unknown. Of several that match, the oldest strikes. */
  arm(fault: Fault): ArmedFault;
  armed(): ArmedFault[];
  /** What never struck as often as it should have: a test that ends with some proved less than it says. */
  unconsumed(): ArmedFault[];
  /** Forgets all, consumed or not. Requests that stall already go on stalling. */
  clear(): void;
}

type Entry = Omit<ArmedFault, "remaining"> & { remaining: number; toSkip: number; effect: Effect };

/** None armed at first. */
export function createFaults() {
  let entries: Entry[] = [];
  let lastId = 0;

  const faults: Faults = {
    arm(fault) {
      const effect = parseInstruction(fault.instruction);
      const { times = 1, skip = 0 } = fault;
      const entry: Entry = { ...fault, id: ++lastId, remaining: times, toSkip: skip, effect };
      entries.push(entry);
      return entry;
    },
    armed: () => entries,
    unconsumed: () => entries.filter((entry) => entry.remaining > 0),
    clear() {
      entries = [];
    },
  };

  /** The effect that this request has to suffer, if any, and counts it as having struck. */
  function take(ask: Ask): Effect | undefined {
    for (const entry of entries) {
      if (entry.remaining === 0 || !aimedAt(entry, ask)) continue;
      if (entry.toSkip > 0) {
        entry.toSkip -= 1;
        continue;
      }
      entry.remaining -= 1;
      return entry.effect;
    }
    return undefined;
  }

  return { faults, take };
}

function aimedAt({ on, name, when, effect }: Entry, ask: Ask): boolean {
  if (!(Array.isArray(on) ? on.includes(ask.kind) : on === ask.kind)) return false;
  if (name !== undefined && name !== ask.name) return false;
  return carries(effect, ask) && (when?.(ask) ?? true);
}

/** Whether the effect can strike this request at all: what needs bytes waits for some. */
export function concerns(effect: Effect, ask: Ask): boolean {
  const anywhere = "at" in effect && typeof effect.at === "string";
  return (anywhere || WITH_BYTES.has(ask.kind)) && carries(effect, ask);
}

const WITH_BYTES = new Set<RequestKind>(["chunk", "final", "media", "multipart", "download"]);

/** A fault after some bytes of an upload waits for the request that carries the last of them. */
function carries(effect: Effect, ask: Ask): boolean {
  if (!("at" in effect) || typeof effect.at === "string" || effect.at.of !== "object") return true;
  return effect.at.bytes > ask.from && effect.at.bytes <= (ask.to ?? Number.MAX_SAFE_INTEGER) + 1;
}
