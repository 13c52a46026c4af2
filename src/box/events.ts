import type { EventStream } from "../core/streams.ts";
import { type BoxApi, expected } from "./api.ts";
import type { EventsPage } from "./client.ts";
import { fieldsOf, listOf } from "./json.ts";

export interface EventsQuery {
  stream: EventStream;
  /** `"now"`, or what an earlier page gave. */
  position: string;
  signal?: AbortSignal | undefined;
}

/** Box's limit. A shorter page is not the end of the stream. */
const PAGE = 500;

/**
 * One page of a stream, unread. Box writes positions as text or as numbers far beyond 2^53; both
 * come back exact. Throws `transient` for an answer without a list: a position must never move past
 * events that were not seen.
 */
export async function readEvents(
  api: BoxApi,
  apiUrl: string,
  { stream, position, signal }: EventsQuery,
): Promise<EventsPage> {
  const url = new URL(`${apiUrl}/2.0/events`);
  url.search = new URLSearchParams({
    stream_type: stream,
    stream_position: position,
    limit: String(PAGE),
  }).toString();
  const page = fieldsOf(await api.json({ kind: "events", method: "GET", url: url.href, signal }));
  const entries = expected(listOf(page["entries"]), "a page of events");
  return { entries, nextPosition: positionOf(page["next_stream_position"]) };
}

function positionOf(value: unknown): string | undefined {
  const text = Number.isSafeInteger(value) ? String(value) : value;
  return typeof text === "string" && text !== "" ? text : undefined;
}
