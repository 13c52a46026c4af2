import type { EventStream } from "./streams.ts";

const DAY_MS = 24 * 60 * 60_000;

/**
 * How long Box keeps what a stream tells. Of the enterprise's it says two weeks
 * (https://developer.box.com/guides/events/enterprise-events/for-enterprise/). Of a user's own one page
 * says 21 days, another "between 2 weeks and 2 months"
 * (https://developer.box.com/guides/events/user-events/for-user/): the shorter is believed.
 */
export const RETENTION_MS: Record<EventStream, number> = {
  changes: 14 * DAY_MS,
  admin_logs_streaming: 14 * DAY_MS,
};

/** For clocks that differ, and for the time that it takes to read on from there. */
const MARGIN_MS = DAY_MS;

/**
 * Whether a stream was left unread for so long that Box may have dropped a part of it. Box does not
 * refuse such a position: it tells what is left, and says nothing of what is not.
 */
export const isBeyondRetention = (stream: EventStream, readAt: Date, now: Date): boolean =>
  now.getTime() - readAt.getTime() > RETENTION_MS[stream] - MARGIN_MS;
