import { sql } from "drizzle-orm";
import { type Queryable, rows } from "./open.ts";

/** Spends the state of a link; false when anybody, in any process, has spent it before. */
export async function spendState(db: Queryable, hash: string): Promise<boolean> {
  const spent = await rows(
    db,
    sql`insert into spent_states (state) values (${hash}) on conflict do nothing returning 1`,
  );
  return spent.length > 0;
}
