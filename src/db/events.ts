import { sql } from "drizzle-orm";
import type { AccountId } from "../core/ids.ts";
import { type Queryable, records, rows } from "./open.ts";

export interface SeenEvent {
  eventId: string;
  eventType: string;
  /** Why it could not be read; kept with the event itself. */
  odd: string | undefined;
  raw: unknown;
}

/** Keeps the ids of a page's events and answers those that were not seen before: Box repeats itself. */
export async function recordEvents(
  db: Queryable,
  account: AccountId,
  stream: string,
  seen: SeenEvent[],
): Promise<Set<string>> {
  if (seen.length === 0) return new Set();
  const values = seen.map(({ raw, odd, ...event }) => ({
    ...event,
    odd,
    raw: odd ? raw : undefined,
  }));
  const fresh = await rows<{ eventId: string }>(
    db,
    sql`
      insert into events (account_id, event_id, stream, event_type, odd, raw)
      select ${account}::uuid, "eventId", ${stream}, "eventType", odd, raw
      from json_to_recordset(${records(values)})
        as seen("eventId" text, "eventType" text, odd text, raw jsonb)
      on conflict (account_id, event_id) do nothing
      returning event_id as "eventId"`,
  );
  return new Set(fresh.map((row) => row.eventId));
}
