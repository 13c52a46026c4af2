import { sql, type SQL } from "drizzle-orm";
import { isUuid } from "../core/ids.ts";
import { type Database, type Queryable, rows, texts } from "../db/open.ts";
import { replays } from "../db/schema.ts";
import { enqueue, type Job } from "./enqueue.ts";
import { lookForLosses } from "./losses.ts";

/** What to do again: failures by id, objects by id, or the objects of a source by time, reason, state. */
export interface Selection {
  failureIds?: string[] | undefined;
  objectIds?: string[] | undefined;
  sourceId?: string | undefined;
  /** When the version was seen: from, and before to. */
  from?: Date | undefined;
  to?: Date | undefined;
  /** A part of the failure's reason, or its kind. */
  reason?: string | undefined;
  state?: "given_up" | "waiting" | "stored" | undefined;
}

export interface Replayed {
  /** What the selection names. */
  chosen: number;
  /** What was set going; the rest was going already or is owed no more. */
  replayed: number;
  objects: number;
  others: number;
}

/** One request sets at most so many going; the next one takes the rest. */
const LARGEST_REPLAY = 10_000;

/**
 * Does recorded work again, on purpose: what was given up or waits is due now with all its attempts
 * before it; what is stored is looked at in the lake and created again only if it is gone. Work that
 * is under way is left alone, so that a second click changes nothing. The asking is kept as a row.
 * `dryRun` only counts.
 */
export async function replay(
  db: Database,
  selection: Selection,
  dryRun: boolean,
): Promise<Replayed> {
  return db.transaction(async (tx) => {
    const objects = await replayObjects(tx, selection, dryRun);
    const others = await replayOthers(tx, selection.failureIds ?? [], dryRun);
    const answer = {
      chosen: objects.chosen + others.chosen,
      replayed: objects.replayed + others.replayed,
      objects: objects.replayed,
      others: others.replayed,
    };
    if (!dryRun) {
      const { chosen, replayed } = answer;
      await tx.insert(replays).values({ selection, chosen, replayed });
    }
    return answer;
  });
}

async function replayObjects(tx: Queryable, selection: Selection, dryRun: boolean) {
  const chosen = await rows<{ id: string; ready: boolean }>(
    tx,
    sql`
      select o.id, o.state in ('given_up', 'waiting', 'stored') and o.leased_by is null as ready
      from objects o where ${chosenObjects(selection)}
      order by o.id limit ${LARGEST_REPLAY}::int for update of o skip locked`,
  );
  const ready = chosen.filter((row) => row.ready).map((row) => row.id);
  if (dryRun || ready.length === 0) return { chosen: chosen.length, replayed: 0 };
  await tx.execute(sql`
    update objects set state = 'pending', attempts = 0, due_at = now()
    where id = any(${texts(ready)}::bigint[])`);
  await enqueue(
    tx,
    ready.map((id): Job => ({ task: "store_version", payload: { objectId: Number(id) } })),
  );
  return { chosen: chosen.length, replayed: ready.length };
}

function chosenObjects(selection: Selection): SQL {
  const failed = idsOf("store_version", selection.failureIds ?? []);
  // A failure that was mended since is no failure: clicking its old button again does nothing.
  const named = sql`(o.id = any(${texts((selection.objectIds ?? []).filter(isRowId))}::bigint[])
    or o.id = any(${texts(failed)}::bigint[])
      and (o.state = 'given_up' or o.state = 'waiting' and o.failure = 'not_ready'))`;
  if (selection.sourceId === undefined) return named;
  const { sourceId, from, to, reason, state } = selection;
  return sql`(${named} or o.source_id = ${sourceId}::uuid
    and o.state = ${state ?? "given_up"}
    and (${from?.toISOString() ?? null}::timestamptz is null or o.seen_at >= ${from?.toISOString() ?? null}::timestamptz)
    and (${to?.toISOString() ?? null}::timestamptz is null or o.seen_at < ${to?.toISOString() ?? null}::timestamptz)
    and (${reason ?? null}::text is null or o.failure = ${reason ?? null}
      or strpos(lower(o.failure_reason), lower(${reason ?? null}::text)) > 0))`;
}

/** Checks, those of lost versions too, walks, streams and webhooks: each is due now, unless it is going already. */
async function replayOthers(tx: Queryable, failures: readonly string[], dryRun: boolean) {
  const asked = {
    lost_version: idsOf("lost_version", failures),
    sync_file: idsOf("sync_file", failures),
    walk_folder: idsOf("walk_folder", failures),
    reconcile: idsOf("reconcile", failures, isUuid),
    keep_webhooks: idsOf("keep_webhooks", failures, isUuid),
  };
  const chosen = Object.values(asked).flat().length;
  if (dryRun || chosen === 0) return { chosen, replayed: 0 };
  const checks = await rows<{ id: string }>(
    tx,
    sql`update checks set state = 'due', attempts = 0, due_at = now()
      where state = 'given_up' and id = any(${texts(asked.sync_file)}::bigint[]) returning id`,
  );
  // Another walk of the same folder does this one's work: one asked for since, or the last one chosen.
  const walkIds = sql`${texts(asked.walk_folder)}::bigint[]`;
  const walks = await rows<{ id: string }>(
    tx,
    sql`update walks w set state = 'due', attempts = 0, due_at = now()
      where state = 'given_up' and id = any(${walkIds})
        and not exists (select from walks o where o.account_id = w.account_id
          and o.folder_id = w.folder_id and o.recursive = w.recursive and o.source_id is null
          and w.source_id is null and (o.state = 'due'
            or (o.state = 'given_up' and o.id > w.id and o.id = any(${walkIds}))))
      returning id`,
  );
  const streams = await rows<{ id: string }>(
    tx,
    sql`update positions set attempts = 0 where leased_by is null
      and account_id = any(${texts(asked.reconcile)}::uuid[]) returning account_id as id`,
  );
  const hooks = await rows<{ id: string }>(
    tx,
    sql`update webhooks set attempts = 0, due_at = now()
      where id = any(${texts(asked.keep_webhooks)}::uuid[]) returning account_id as id`,
  );
  const jobs: Job[] = [
    ...(await lookForLosses(tx, asked.lost_version)),
    ...checks.map(({ id }): Job => ({ task: "sync_file", payload: { checkId: Number(id) } })),
    ...walks.map(({ id }): Job => ({ task: "walk_folder", payload: { walkId: Number(id) } })),
    ...streams.map(({ id }): Job => ({ task: "reconcile", payload: { accountId: id } })),
    ...hooks.map(({ id }): Job => ({ task: "keep_webhooks", payload: { accountId: id } })),
  ];
  await enqueue(tx, jobs);
  return { chosen, replayed: jobs.length };
}

const isRowId = (text: string) => /^\d{1,18}$/.test(text);

/** What follows the kind in these ids; what PostgreSQL could not read as an id names nothing. */
const idsOf = (kind: string, failures: readonly string[], isId = isRowId) =>
  failures
    .filter((id) => id.startsWith(`${kind}:`))
    .map((id) => id.slice(kind.length + 1))
    .filter(isId);
