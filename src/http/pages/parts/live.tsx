import type { Child } from "hono/jsx";
import { utc } from "../format.ts";

interface LiveProps {
  /** The page that this is part of: it is asked for again, and this part taken from it. */
  path: string;
  /** Something is on its way, so look often. */
  busy: boolean;
  now: Date;
  children: Child;
}

/** Often enough to watch a backfill; seldom enough to leave open all day. */
const BUSY_SECONDS = 2;
const CALM_SECONDS = 15;

/**
 * The part of a page that keeps itself up to date, in place: what is focused or selected stays so.
 * Without JavaScript it is what it was when the page was opened, and says of when that is.
 */
export const Live = ({ path, busy, now, children }: LiveProps) => (
  <div
    id="live"
    hx-get={path}
    hx-select="#live"
    hx-swap="outerMorph"
    hx-trigger={`every ${busy ? BUSY_SECONDS : CALM_SECONDS}s`}
  >
    {children}
    <p class="as-of">
      As of <time datetime={now.toISOString()}>{utc(now)}</time>
    </p>
  </div>
);
