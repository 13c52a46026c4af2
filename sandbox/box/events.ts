import type { Effect } from "./faults.ts";
import { badRequest } from "./refusal.ts";
import { countOf, type State, type Value } from "./state.ts";

export interface EventsRequest {
  /** A user's own feed, or `null` for the enterprise's. */
  userId: string | null;
  streamType: "all" | "changes" | "sync" | "admin_logs" | "admin_logs_streaming";
  position: string | undefined;
  limit: number;
  /** Only the enterprise streams filter. */
  eventTypes: string[];
  createdAfter: number | undefined;
  createdBefore: number | undefined;
  positionsAsText: boolean;
  shortPages: boolean;
  effect: Effect | undefined;
  now: number;
  /** What an event tells now; as it was written unless said. */
  retell?: ((body: string) => string) | undefined;
}

const DAY_MS = 24 * 3_600_000;

/**
 * What is older is not told any more, and nothing says so.
 * https://developer.box.com/guides/events/enterprise-events/for-enterprise/
 */
const RETENTION_MS: Record<EventsRequest["streamType"], number> = {
  all: 21 * DAY_MS,
  changes: 21 * DAY_MS,
  sync: 31 * DAY_MS,
  admin_logs_streaming: 14 * DAY_MS,
  admin_logs: 365 * DAY_MS,
};

/**
 * Positions are opaque, and lie above 2^53 as Box's do: a reader that keeps one as a double lands
 * up to 128 events beside it.
 */
const ORIGIN = 1_152_922_976_252_290_886n;

const toPosition = (sequence: number) => String(ORIGIN + BigInt(sequence));

function toSequence(position: string): number {
  if (!/^\d{1,20}$/.test(position)) throw badRequest("stream_position", "Not a position.");
  const beyond = BigInt(position) - ORIGIN;
  return beyond > 0n ? Number(beyond) : 0;
}

/**
 * One page of a stream, as JSON text: the position is written as it is, not as a double.
 * https://developer.box.com/reference/get-events/
 */
export function readEvents(state: State, request: EventsRequest): string {
  const { streamType, position = "0" } = request;
  const history = streamType === "admin_logs";
  const answer = (bodies: string[], next: string) => {
    const written = request.positionsAsText ? `"${next}"` : next;
    const { length } = bodies;
    return `{"chunk_size":${length},"next_stream_position":${written},"entries":[${bodies.join(",")}]}`;
  };
  // The history does not know "now", and says 0 whenever it has nothing to tell.
  if (position === "now") return answer([], history ? "0" : toPosition(lastSequence(state)));

  const after = position === "null" || position === "" ? 0 : toSequence(position);
  const rows = select(state, request, after);
  const last = rows.at(-1)?.sequence;
  if (history && last === undefined) return answer([], "0");
  return answer(
    spoil(
      rows.map(({ body }) => request.retell?.(body) ?? body),
      request.effect,
    ),
    toPosition(last ?? after),
  );
}

function select(state: State, request: EventsRequest, after: number) {
  const { userId, streamType, limit } = request;
  const conditions = ["userId is ?", "sequence > ?", "createdAt >= ?"];
  const values: Value[] = [userId, after, request.now - RETENTION_MS[streamType]];
  const narrow = (condition: string, ...more: Value[]) => {
    conditions.push(condition);
    values.push(...more);
  };
  if (streamType === "changes" || streamType === "sync") narrow("everythingOnly = 0");
  if (userId === null && request.eventTypes.length > 0)
    narrow(`type in (${request.eventTypes.map(() => "?").join()})`, ...request.eventTypes);
  if (streamType === "admin_logs") {
    if (request.createdAfter !== undefined) narrow("createdAt >= ?", request.createdAfter);
    if (request.createdBefore !== undefined) narrow("createdAt < ?", request.createdBefore);
  }
  const length = request.shortPages ? Math.ceil(limit / 3) : limit;
  return state.all(
    (row) => ({ sequence: Number(row["sequence"]), body: String(row["body"]) }),
    `select sequence, body from events where ${conditions.join(" and ")} order by sequence limit ?`,
    ...values,
    length,
  );
}

/** Of the newest event in any feed. */
export const lastSequence = (state: State) =>
  state.one(countOf, "select coalesce(max(sequence), 0) as count from events")!;

const SPOILERS: Partial<Record<Effect["type"], (bodies: string[]) => string[]>> = {
  drop: () => [],
  double: (bodies) => bodies.flatMap((body) => [body, body]),
  reverse: (bodies) => bodies.toReversed(),
  odd: (bodies) => [...ODD.map((event) => JSON.stringify(event)), ...bodies],
};

const spoil = (bodies: string[], effect: Effect | undefined) =>
  (effect && SPOILERS[effect.type]?.(bodies)) ?? bodies;

/** Seen in Box's streams now and then: no source at all, an id as a number, a kind of its own. */
const ODD = [
  { type: "event", event_id: "odd-1", event_type: "LOCK_DESTROY", source: null },
  {
    type: "event",
    event_id: "odd-2",
    event_type: "ITEM_UPLOAD",
    source: { type: "file", id: 12345, name: 7 },
  },
  {
    type: "event",
    event_id: "odd-3",
    event_type: "ITEM_CREATE",
    source: { type: "web_link", id: "9", url: "https://example.com" },
  },
  { type: "event", event_id: "odd-4", event_type: "SOMETHING_NEW" },
];
