import { sql } from "drizzle-orm";
import { ruleAgainst, type SourceRules } from "../core/membership.ts";
import { withdrawObjects } from "../db/debts.ts";
import { type Queryable, rows, texts } from "../db/open.ts";
import { enqueue, type Job, PRIORITY } from "./enqueue.ts";

interface Decided {
  id: string;
  sizeBytes: number;
}

/** What other rules make of what a source is owed. */
export interface Decisions {
  /** Owed and no longer wanted. */
  withdraw: Decided[];
  /** Withdrawn before and wanted again. */
  oweAgain: Decided[];
}

/**
 * What `rules` change for the objects of their source that are not stored, from the facts alone. Nothing
 * is written.
 */
export async function decideAgain(db: Queryable, rules: SourceRules): Promise<Decisions> {
  const found = await rows<{
    id: string;
    path: string;
    state: string;
    sizeBytes: string;
    createdAt: string | null;
    seenAt: string;
  }>(
    db,
    sql`
      select o.id, o.path, o.state, v.size_bytes as "sizeBytes", v.created_at as "createdAt",
        v.seen_at as "seenAt"
      from objects o join versions v on v.file_id = o.file_id and v.version_id = o.version_id
      where o.source_id = ${rules.sourceId}::uuid
        and o.state in ('pending', 'waiting', 'given_up', 'withdrawn')`,
  );
  const decisions: Decisions = { withdraw: [], oweAgain: [] };
  for (const { id, path, state, createdAt, seenAt, ...row } of found) {
    const sizeBytes = Number(row.sizeBytes);
    const version = {
      sizeBytes,
      createdAt: createdAt === null ? undefined : new Date(createdAt),
      seenAt: new Date(seenAt),
    };
    const isWanted = ruleAgainst(rules, path.split("/"), version) === undefined;
    if (isWanted && state === "withdrawn") decisions.oweAgain.push({ id, sizeBytes });
    if (!isWanted && state !== "withdrawn") decisions.withdraw.push({ id, sizeBytes });
  }
  return decisions;
}

/** Writes what was decided, and wakes the work for what is owed again. */
export async function carryOut(tx: Queryable, { withdraw, oweAgain }: Decisions): Promise<void> {
  const idsOf = (decided: Decided[]) => sql`${texts(decided.map(({ id }) => id))}::bigint[]`;
  // A worker that holds one of them loses its lease; the lake would adopt what it still creates.
  await withdrawObjects(tx, sql`id = any(${idsOf(withdraw)})`);
  await tx.execute(sql`
    update objects set state = 'pending', attempts = 0, due_at = now()
    where id = any(${idsOf(oweAgain)})`);
  const priority = PRIORITY.backfill;
  await enqueue(
    tx,
    oweAgain.map(({ id }): Job => ({
      task: "store_version",
      payload: { objectId: Number(id) },
      priority,
    })),
  );
}
