import { sql } from "drizzle-orm";
import type { FailureKind } from "../core/failure.ts";
import { type Queryable, rows } from "./open.ts";

/** How an attempt ended that did not succeed; `dueAt` undefined gives the debt up. */
export interface Setback {
  id: number;
  lease: number;
  attempts: number;
  failure: FailureKind;
  reason: string;
  hint: string | undefined;
  dueAt: Date | undefined;
}

/** What a debt that will be tried again is called in its table. */
const DUE_AGAIN = { objects: "waiting", checks: "due", walks: "due" } as const;

/** Ends the lease of a debt whose attempt failed. False when the lease was lost meanwhile. */
export async function setBack(
  db: Queryable,
  worker: string,
  table: keyof typeof DUE_AGAIN,
  setback: Setback,
): Promise<boolean> {
  const found = await rows(
    db,
    sql`
      update ${sql.identifier(table)} set leased_by = null, attempts = ${setback.attempts}::int,
        state = ${setback.dueAt ? DUE_AGAIN[table] : "given_up"},
        due_at = coalesce(${setback.dueAt?.toISOString() ?? null}::timestamptz, due_at),
        failure = ${setback.failure}, failure_reason = ${setback.reason},
        hint = ${setback.hint ?? null}, failed_at = now()
      where id = ${setback.id}::bigint and lease = ${setback.lease}::int
        and leased_by = ${worker}::uuid
      returning id`,
  );
  return found.length > 0;
}
