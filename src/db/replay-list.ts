import { desc, sql } from "drizzle-orm";
import type { Queryable } from "./open.ts";
import { replays } from "./schema.ts";

export type PastReplay = Awaited<ReturnType<typeof listReplays>>[number];

export interface ReplayPage {
  /** The last one of the page before; `at` as the list gave it, exact to the microsecond. */
  after?: { at: string; id: string } | undefined;
  limit: number;
}

/** What was asked to be done again, newest first. */
export async function listReplays(db: Queryable, { after, limit }: ReplayPage) {
  return db
    .select({
      id: replays.id,
      at: sql<string>`to_json(${replays.at})#>>'{}'`,
      selection: replays.selection,
      chosen: replays.chosen,
      replayed: replays.replayed,
    })
    .from(replays)
    .where(
      after && sql`(${replays.at}, ${replays.id}) < (${after.at}::timestamptz, ${after.id}::uuid)`,
    )
    .orderBy(desc(replays.at), desc(replays.id))
    .limit(limit);
}
