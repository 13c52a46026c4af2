import { sql } from "drizzle-orm";
import { type Queryable, rows } from "./open.ts";

/** Objects and checks of this priority and later ones are a backfill's. */
const BACKFILL_PRIORITY = 10;

/** What backfills and sweeps of a Box user have still to do, as far as is known by now. */
export interface BackfillOwed {
  versions: number;
  /** One for a version, at least one for a folder, two for a history. */
  calls: number;
}

/** Counts it; nothing for a user whom no account speaks for. */
export async function backfillOwed(db: Queryable, boxUserId: string): Promise<BackfillOwed> {
  const [row] = await rows<{ versions: number; folders: number; histories: number }>(
    db,
    sql`
      with own as (select id from accounts where box_user_id = ${boxUserId} and state <> 'deleted')
      select (select count(*)::int from objects o
          join sources s on s.id = o.source_id and s.state = 'active'
            and s.account_id in (select id from own)
          where o.state in ('pending', 'waiting')
            and o.priority >= ${BACKFILL_PRIORITY}::int) as versions,
        (select count(*)::int from walks w
          join sources s on s.id = w.source_id and s.state = 'active'
            and s.account_id in (select id from own)
          join walk_folders f on f.walk_id = w.id and not f.listed
          where w.state = 'due') as folders,
        (select count(*)::int from checks c
          where c.account_id in (select id from own) and c.state = 'due'
            and c.priority >= ${BACKFILL_PRIORITY}::int) as histories`,
  );
  const { versions, folders, histories } = row ?? { versions: 0, folders: 0, histories: 0 };
  return { versions, calls: versions + folders + 2 * histories };
}
