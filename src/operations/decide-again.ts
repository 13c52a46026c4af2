import { isDeepStrictEqual } from "node:util";
import { sql } from "drizzle-orm";
import type { SourceId } from "../core/ids.ts";
import { ruleAgainst, type SourceRules } from "../core/membership.ts";
import type { PathReading, PathTemplate } from "../core/path-template.ts";
import { withdrawObjects } from "../db/debts.ts";
import { type Queryable, records, rows, texts } from "../db/open.ts";
import { goOnBehind, nextTurn, timeOfTurn, turnNow } from "../db/queue-turns.ts";
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
  /** Not stored, and its path is read otherwise now. */
  reread: (PathReading & { id: string })[];
}

/**
 * What `rules` and a path template change for the objects of their source that are not stored, from the
 * facts alone. Nothing is written.
 */
export async function decideAgain(
  db: Queryable,
  rules: SourceRules,
  template: PathTemplate | undefined,
): Promise<Decisions> {
  const found = await rows<{
    id: string;
    path: string;
    state: string;
    sizeBytes: string;
    createdAt: string | null;
    seenAt: string;
    pathFields: Record<string, string> | null;
    misfit: string | null;
  }>(
    db,
    sql`
      select o.id, o.path, o.state, v.size_bytes as "sizeBytes", v.created_at as "createdAt",
        v.seen_at as "seenAt", o.path_fields as "pathFields", o.misfit
      from objects o join versions v on v.file_id = o.file_id and v.version_id = o.version_id
      where o.source_id = ${rules.sourceId}::uuid
        and o.state in ('pending', 'waiting', 'given_up', 'withdrawn')`,
  );
  const decisions: Decisions = { withdraw: [], oweAgain: [], reread: [] };
  for (const { id, path, state, createdAt, seenAt, ...row } of found) {
    const sizeBytes = Number(row.sizeBytes);
    const version = {
      sizeBytes,
      createdAt: createdAt === null ? undefined : new Date(createdAt),
      seenAt: new Date(seenAt),
    };
    const names = path.split("/");
    const isWanted = ruleAgainst(rules, names, version) === undefined;
    if (isWanted && state === "withdrawn") decisions.oweAgain.push({ id, sizeBytes });
    if (!isWanted && state !== "withdrawn") decisions.withdraw.push({ id, sizeBytes });
    const reading = template?.read(names.slice(0, -1)) ?? NOTHING_READ;
    if (
      !isDeepStrictEqual(reading, { fields: row.pathFields ?? {}, misfit: row.misfit ?? undefined })
    )
      decisions.reread.push({ id, ...reading });
  }
  return decisions;
}

const NOTHING_READ: PathReading = { fields: {}, misfit: undefined };

const idsOf = (decided: readonly { id: string }[]) =>
  sql`${texts(decided.map(({ id }) => id))}::bigint[]`;

/**
 * Writes what was decided for what a source is owed. To be called before its walks are touched: a listing
 * holds objects when it comes to its walk, and each would wait for the other. For the same reason the
 * objects are taken in the order of their ids.
 */
export async function withdrawAndReread(
  tx: Queryable,
  { withdraw, reread }: Decisions,
): Promise<void> {
  await tx.execute(sql`
    select from objects where id = any(${idsOf([...withdraw, ...reread])}) order by id for update`);
  // A worker that holds one of them loses its lease; the lake would adopt what it still creates.
  await withdrawObjects(tx, sql`id = any(${idsOf(withdraw)})`);
  // What a worker holds is described to the lake as it was read then.
  await tx.execute(sql`
    update objects o set path_fields = read.fields, misfit = read.misfit
    from json_to_recordset(${records(reread)}) as read(id bigint, fields jsonb, misfit text)
    where o.id = read.id and o.leased_by is null`);
}

/**
 * Owes again what was withdrawn, and wakes the work for it: in turns with other sources, as what the source's
 * backfill `walk` finds, which goes on behind it.
 */
export async function oweWithdrawn(
  tx: Queryable,
  source: SourceId,
  { oweAgain }: Decisions,
  walk: number | undefined,
): Promise<void> {
  const priority = PRIORITY.backfill;
  const turn = await (walk === undefined ? turnNow(tx, priority) : nextTurn(tx, walk, priority));
  await tx.execute(sql`
    update objects set state = 'pending', attempts = 0, due_at = now(), priority = ${priority}::smallint
    where id = any(${idsOf(oweAgain)})`);
  await enqueue(
    tx,
    oweAgain.map(({ id }, nth): Job => ({
      task: "store_version",
      payload: { objectId: Number(id) },
      priority,
      runAt: timeOfTurn(turn + nth),
    })),
  );
  if (oweAgain.length > 0) await goOnBehind(tx, source, turn + oweAgain.length);
}
