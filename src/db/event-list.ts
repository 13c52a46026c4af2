import { and, desc, eq, isNotNull, sql } from "drizzle-orm";
import type { Queryable } from "./open.ts";
import { events } from "./schema.ts";

export type EventRow = Awaited<ReturnType<typeof listEvents>>[number];

export interface EventFilter {
  accountId?: string | undefined;
  /** Only those that could not be read. */
  odd?: boolean | undefined;
  type?: string | undefined;
  /** The last one of the page before. */
  after?: { at: string; accountId: string; eventId: string } | undefined;
  limit: number;
}

/** Events as they were kept, newest first; what Box sent only of those that could not be read. */
export async function listEvents(db: Queryable, filter: EventFilter) {
  const { accountId, odd, type, after, limit } = filter;
  return db
    .select({
      accountId: events.accountId,
      eventId: events.eventId,
      stream: events.stream,
      type: events.eventType,
      odd: events.odd,
      raw: events.raw,
      seenAt: events.seenAt,
      /** Exact to the microsecond, which a Date is not. */
      at: sql<string>`to_char(${events.seenAt} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
    })
    .from(events)
    .where(
      and(
        accountId === undefined ? undefined : eq(events.accountId, accountId),
        odd === true ? isNotNull(events.odd) : undefined,
        type === undefined ? undefined : eq(events.eventType, type),
        after === undefined
          ? undefined
          : sql`(${events.seenAt}, ${events.accountId}, ${events.eventId})
              < (${after.at}::timestamptz, ${after.accountId}::uuid, ${after.eventId}::text)`,
      ),
    )
    .orderBy(desc(events.seenAt), desc(events.accountId), desc(events.eventId))
    .limit(limit);
}
