import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { Queryable } from "../db/open.ts";
import { spendState } from "../db/spent-states.ts";
import type { PendingLink } from "../operations/link-by-consent.ts";
import type { Secrets } from "../secrets.ts";

/** Each has one of its own, so that two accounts can be linked side by side. */
const cookieOf = (state: string) => `longshore_pending_link_${state.slice(0, 8)}`;
const PLACE = "cookie:pending_link";
/** As long as a person may take at Box's consent page, signing in included. */
const LIFE_MS = 10 * 60_000;

interface Sealed {
  state: string;
  endsAt: number;
  pending: PendingLink;
}

export interface PendingLinks {
  /** Remembers one in the browser that asked; answers the state to send to Box with it. */
  begin(c: Context, pending: PendingLink): string;
  /**
   * The one that this browser began with this state, once: it is spent when it is shown again, whatever
   * became of it and though the browser kept its cookie. Undefined for anything else.
   */
  take(c: Context, state: string | undefined): Promise<PendingLink | "spent" | undefined>;
}

/**
 * Links that wait for a person's consent at Box, each in a sealed cookie of the browser that began
 * it, so that nobody can finish another one's. The session's own cookie cannot say who it is that
 * Box leads back: it is `SameSite=Strict`, and browsers withhold it from a navigation that begins on
 * another site. This one is `Lax`, lives for minutes and goes to the callback alone. It is encrypted
 * and bound to its purpose, so the application's secret is as safe in it as in the database.
 */
export function createPendingLinks(
  { db, secrets }: { db: Queryable; secrets: Secrets },
  publicUrl: string | undefined,
): PendingLinks {
  const secure = publicUrl?.startsWith("https:") ?? false;
  const base = publicUrl === undefined ? "" : new URL(publicUrl).pathname.replace(/\/$/, "");
  const path = `${base}/oauth/box`;
  const cookie = { httpOnly: true, sameSite: "Lax", path, secure } as const;

  return {
    begin(c, pending) {
      const state = randomBytes(24).toString("base64url");
      const sealed: Sealed = { state, endsAt: Date.now() + LIFE_MS, pending };
      const value = secrets.seal(sealed, PLACE).toString("base64url");
      setCookie(c, cookieOf(state), value, { ...cookie, maxAge: LIFE_MS / 1000 });
      return state;
    },
    async take(c, state) {
      if (state === undefined || !/^[\w-]{32}$/.test(state)) return undefined;
      const value = getCookie(c, cookieOf(state));
      if (value === undefined) return undefined;
      deleteCookie(c, cookieOf(state), cookie);
      const sealed = open(value);
      if (!sealed || Date.now() >= sealed.endsAt || !same(sealed.state, state)) return undefined;
      return (await spendState(db, hashOf(state))) ? sealed.pending : "spent";
    },
  };

  function open(value: string): Sealed | undefined {
    try {
      return secrets.open(Buffer.from(value, "base64url"), PLACE) as Sealed;
    } catch {
      return undefined;
    }
  }
}

const hashOf = (state: string) => createHash("sha256").update(state).digest("base64url");

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
