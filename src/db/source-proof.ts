import { type SQL, sql } from "drizzle-orm";
import {
  type AccountId,
  accountId,
  type FolderId,
  folderId,
  type SourceId,
  sourceId,
} from "../core/ids.ts";
import { heldUp } from "./backfill-progress.ts";
import { USED_IN_MONTH } from "./call-leases.ts";
import { type Queryable, rows, texts } from "./open.ts";

/** The newest full listing of a source that came to its end: what Box was seen to hold. */
export interface Proof {
  walkId: string;
  kind: "backfill" | "sweep" | "gap";
  listed: number;
  listedBytes: number;
  matched: number;
  matchedBytes: number;
  skipped: Record<string, number>;
  startedAt: Date;
  finishedAt: Date;
}

/** A source whose completeness is asked for. */
export interface AskedSource {
  sourceId: SourceId;
  accountId: AccountId;
  folderId: FolderId;
}

/** The source of a row, asked for. */
export const askedSource = (row: {
  id: string;
  accountId: string;
  folderId: string;
}): AskedSource => ({
  sourceId: sourceId(row.id),
  accountId: accountId(row.accountId),
  folderId: folderId(row.folderId),
});

export async function newestProof(db: Queryable, source: SourceId): Promise<Proof | undefined> {
  return (await newestProofs(db, [source])).get(source);
}

/** The proofs of these sources, by the source's id; one that was not listed to its end yet is absent. */
export async function newestProofs(
  db: Queryable,
  sources: readonly string[],
): Promise<Map<string, Proof>> {
  // Of each kind by itself, along the index: a source has one more with each sweep.
  const newestOf = (kind: SQL) => sql`
    (select * from walks where source_id = asked.id and kind = ${kind} and state = 'done'
      order by id desc limit 1)`;
  const found = await rows<Proof & { source: string; startedAt: string; finishedAt: string }>(
    db,
    sql`
      select asked.id as source, newest.id::text as "walkId", kind, listed_files::float8 as listed,
        listed_bytes::float8 as "listedBytes", matched::float8 as matched,
        matched_bytes::float8 as "matchedBytes", skipped, created_at as "startedAt",
        finished_at as "finishedAt"
      from unnest(${texts(sources)}::uuid[]) as asked(id) cross join lateral (
        select * from (${newestOf(sql`'backfill'`)} union all ${newestOf(sql`'sweep'`)}
          union all ${newestOf(sql`'gap'`)}) as done
        order by finished_at desc, id desc limit 1) newest`,
  );
  return new Map(
    found.map(({ source, startedAt, finishedAt, ...row }) => [
      source,
      { ...row, startedAt: new Date(startedAt), finishedAt: new Date(finishedAt) },
    ]),
  );
}

/** Why nobody knows what a source's folder holds now, and since when. */
export interface Doubt {
  reason: string;
  hint: string | null;
  at: Date;
}

const SPENT = {
  reason: "The calls to Box of this month (UTC) are used up",
  hint: "Raise callsPerMonth by PATCH /api/accounts/{id}/budget if Box's plan allows it, or wait for the next month.",
};

/**
 * Its account, while nothing may be asked of Box for it, or has no call left this month, since the last was leased;
 * else the newest full listing of a source that failed, and has not come to its end since.
 */
export async function newestDoubt(
  db: Queryable,
  { accountId, sourceId }: AskedSource,
  proof: Proof | undefined,
): Promise<Doubt | undefined> {
  const [account] = await rows<{
    state: string;
    reason: string | null;
    at: string;
    spent: string | null;
  }>(
    db,
    sql`
      select state, reason, to_json(state_since)#>>'{}' as at, case when ${USED_IN_MONTH} >= calls_per_month
          then to_json(coalesce(nullif(minute, '-infinity'), state_since))#>>'{}' end as spent
      from accounts left join budgets using (box_user_id) where accounts.id = ${accountId}::uuid`,
  );
  const held = account && heldUp({ state: "active" }, account);
  if (held) return { ...held, at: new Date(account.at) };
  if (account?.spent) return { ...SPENT, at: new Date(account.spent) };
  const [row] = await rows<Doubt & { at: string }>(
    db,
    sql`
      select failure_reason as reason, hint, failed_at as at from walks
      where source_id = ${sourceId}::uuid and kind <> 'signal' and state in ('due', 'given_up')
        and failed_at > ${proof?.finishedAt.toISOString() ?? "-infinity"}::timestamptz
      order by failed_at desc limit 1`,
  );
  return row && { ...row, at: new Date(row.at) };
}

/** Clocks of workers and database may differ by so much; a file seen so long before is still counted. */
const CLOCKS_DIFFER = sql`interval '5 minutes'`;

/** True for a file `f` that the proof met, or that is none: one that it did not is gone from Box's folder, and nothing that the lake lacks. */
export const met = (proof: Proof | undefined) => sql`(f.file_id is null
  or f.as_of >= ${proof?.startedAt.toISOString() ?? "-infinity"}::timestamptz - ${CLOCKS_DIFFER})`;
