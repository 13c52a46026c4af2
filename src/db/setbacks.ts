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
  /** Of a check: how often it had been asked for when the attempt began. */
  asked?: number | undefined;
}

/** What a debt that will be tried again is called in its table. */
const DUE_AGAIN = { objects: "waiting", checks: "due", walks: "due" } as const;

/**
 * Ends the lease of a debt whose attempt failed, and says when it is due again; `dueAt` undefined is
 * given up. What was asked for once more while its last attempt ran begins anew instead, at once.
 * Undefined when the lease was lost meanwhile: then nothing is written.
 */
export async function setBack(
  db: Queryable,
  worker: string,
  table: keyof typeof DUE_AGAIN,
  setback: Setback,
): Promise<{ dueAt: Date | undefined } | undefined> {
  const isLast = setback.dueAt === undefined;
  const anew = isLast ? askedMeanwhile(table, setback) : sql`false`;
  const [row] = await rows<{ state: string; dueAt: string }>(
    db,
    sql`
      update ${sql.identifier(table)} set leased_by = null,
        attempts = case when ${anew} then 0 else ${setback.attempts}::int end,
        state = case when ${isLast}::boolean and not ${anew}
          then 'given_up' else ${DUE_AGAIN[table]} end,
        due_at = case when ${anew} then now()
          else coalesce(${setback.dueAt?.toISOString() ?? null}::timestamptz, due_at) end,
        ${table === "walks" ? sql`started = started and not ${anew},` : sql``}
        failure = ${setback.failure}, failure_reason = ${setback.reason},
        hint = ${setback.hint ?? null}, failed_at = now()
      where id = ${setback.id}::bigint and lease = ${setback.lease}::int
        and leased_by = ${worker}::uuid
      returning state, due_at as "dueAt"`,
  );
  return row && { dueAt: row.state === "given_up" ? undefined : new Date(row.dueAt) };
}

function askedMeanwhile(table: keyof typeof DUE_AGAIN, { asked }: Setback) {
  if (table === "walks") return sql`(asked <> answering)`;
  return table === "checks" && asked !== undefined ? sql`(asked <> ${asked}::int)` : sql`false`;
}
