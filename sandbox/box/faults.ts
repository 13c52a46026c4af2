import type { Kind } from "./calls.ts";
import type { Copying } from "./core.ts";

/** What goes wrong. Which effects make sense depends on what they are aimed at. */
export type Effect =
  /** Any request: this status with Box's error body. `retryAfter` in seconds; left out if absent. */
  | { type: "status"; status: number; code?: string; retryAfter?: number }
  /** Any request: a gateway's page instead of JSON; 502 unless said otherwise. */
  | { type: "html"; status?: number }
  /** Any request: the token is refused as if it had expired. */
  | { type: "expired_token" }
  /** Any request: answered this much later. */
  | { type: "slow"; ms: number }
  /** Any request: the connection is reset before an answer, or after so many bytes of its body. */
  | { type: "reset"; afterBytes?: number }
  /** Any request: the body ends after so many bytes; its announced length stays. */
  | { type: "cut"; afterBytes: number }
  /** Any request: nothing comes any more after so many bytes of the body. */
  | { type: "stall"; afterBytes: number }
  /** Any request: this byte of the body has its lowest bit turned; the first unless said. */
  | { type: "flip"; at?: number }
  /** `folder_items` by marker: Box knows no marker any more. */
  | { type: "forget" }
  /** `content`: 202, to be asked again after so many seconds. */
  | { type: "not_ready"; retryAfter?: number }
  /** `events`: the page's entries get lost, come twice, come in reverse, or get odd neighbours. */
  | { type: "drop" }
  | { type: "double" }
  | { type: "reverse" }
  | { type: "odd" }
  /** `delivery`: besides `drop` and `double`: later, behind the next one, or wrongly signed. */
  | { type: "delay"; ms: number }
  | { type: "reorder" }
  | { type: "bad_signature" };

export interface Fault {
  kind: Kind | Kind[];
  /**
   * Which of them: part of the path and query, a pattern or a test. For a delivery it is matched
   * against its trigger.
   */
  path?: string | RegExp | ((path: string) => boolean);
  /** How many requests it hits; 1 unless said otherwise. */
  times?: number;
  /** How many matching requests pass before. */
  skip?: number;
  effect: Effect;
}

export interface ArmedFault {
  readonly fault: Fault;
  /** How often it struck. */
  readonly struck: number;
  /** True when it struck as often as it should. */
  readonly consumed: boolean;
  disarm(): void;
}

/** How the sandbox behaves as long as nothing is armed; may be changed at any time. */
export interface Settings {
  /** Box: 60 minutes. Told in seconds, with decimals where it is no whole number of them. */
  accessTokenMs: number;
  /** How long a used refresh token still answers what it answered; Box promises nothing. */
  refreshGraceMs: number;
  /**
   * The admin's authorisation of the application in the Admin Console: without it, server
   * authentication (CCG, JWT) is refused, and the tokens that it gave are no good.
   */
  appAuthorised: boolean;
  /** Box: about 15 minutes. */
  downloadLinkMs: number;
  /** Stream positions as JSON text instead of a number: the specification allows both. */
  positionsAsText: boolean;
  /** Rows of a folder's page by marker at most, however many are asked for. Box: 1000. */
  rowsAPage: number;
  /** Event pages a third as long as asked for while more remain. */
  shortPages: boolean;
  /** A user's events show their item as it is when they are read: Box's documents do not say. */
  userEventsShowNow: boolean;
  /** Box copies 500 items before it answers, and the rest later. */
  copying: Copying;
  /** Past versions kept for each file; a plan may allow none, or any number. */
  keptVersions: number;
  /** Webhooks lost their session: instead of what happened they say NO_ACTIVE_SESSION. */
  noActiveSession: boolean;
  /** Waits before the second, third, … attempt of a delivery; given up when they are used. */
  retryScheduleMs: number[];
  /** Box: 30 seconds. */
  deliveryTimeoutMs: number;
  /** Deliveries under way at once. */
  deliveryConcurrency: number;
}

const MINUTE = 60_000;

/** Box retries up to 12 times over two hours; the first few come quickly here, for people. */
export const defaultSettings = (): Settings => ({
  accessTokenMs: 60 * MINUTE,
  refreshGraceMs: 0,
  appAuthorised: true,
  downloadLinkMs: 15 * MINUTE,
  positionsAsText: false,
  rowsAPage: 1000,
  shortPages: false,
  userEventsShowNow: false,
  copying: { atOnce: 500, pauseMs: 0 },
  keptVersions: Number.MAX_SAFE_INTEGER,
  noActiveSession: false,
  retryScheduleMs: [500, 2_000, 10_000, ...[1, 2, 4, 8, 15, 25, 30, 30].map((m) => m * MINUTE)],
  deliveryTimeoutMs: 30_000,
  deliveryConcurrency: 8,
});

export interface Faults {
  readonly settings: Settings;
  arm(fault: Fault): ArmedFault;
  armed(): ArmedFault[];
  /** Disarms everything and brings the settings back. */
  clear(): void;
  /** The effect of the first armed fault that matches, which is used up by it. */
  take(kind: Kind, path: string): Effect | undefined;
}

/** None armed, and the settings as they are at first. Of several that match, the one armed first strikes. */
export function createFaults(): Faults {
  const settings = defaultSettings();
  const entries: (ArmedFault & { strike(): void; passes(): boolean })[] = [];

  function arm(fault: Fault) {
    let struck = 0;
    let toSkip = fault.skip ?? 0;
    const times = fault.times ?? 1;
    const entry = {
      fault,
      get struck() {
        return struck;
      },
      get consumed() {
        return struck >= times;
      },
      strike: () => void struck++,
      passes: () => toSkip-- > 0,
      disarm() {
        const at = entries.indexOf(entry);
        if (at !== -1) entries.splice(at, 1);
      },
    };
    entries.push(entry);
    return entry;
  }

  return {
    settings,
    arm,
    armed: () => [...entries],
    clear() {
      entries.length = 0;
      Object.assign(settings, defaultSettings());
    },
    take(kind, path) {
      for (const entry of entries) {
        if (entry.consumed || !matches(entry.fault, kind, path) || entry.passes()) continue;
        entry.strike();
        return entry.fault.effect;
      }
      return undefined;
    },
  };
}

function matches({ kind, path }: Fault, askedKind: Kind, askedPath: string): boolean {
  if (![kind].flat().includes(askedKind)) return false;
  if (path === undefined) return true;
  if (typeof path === "string") return askedPath.includes(path);
  return typeof path === "function" ? path(askedPath) : path.test(askedPath);
}
