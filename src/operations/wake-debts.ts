import type { AccountId, SourceId } from "../core/ids.ts";
import { markLinked } from "../db/accounts.ts";
import { liveSources } from "../db/masks.ts";
import type { Queryable } from "../db/open.ts";
import { dueDebts, dueWalks } from "../db/overdue.ts";
import { goOnBehind, timeOfTurn, turnNow } from "../db/queue-turns.ts";
import { enqueue, type Job, mayWait, PRIORITY, type Tasks } from "./enqueue.ts";

type Whose = { accountId: AccountId } | { sourceId: SourceId };

/**
 * Wakes all that is owed to a source, or by an account, now that nothing hinders it: the jobs that came
 * meanwhile found it waiting. A job does so, a thousand debts at a time, however many there are. For the
 * transaction that lets them be worked again; twice is harmless.
 */
export const wakeDebts = (tx: Queryable, whose: Whose): Promise<void> =>
  enqueue(tx, [{ task: "wake_debts", payload: whose }]);

/** Box accepts an account's credentials again: what waited for that is due now, and woken. */
export async function linkAgain(tx: Queryable, account: AccountId): Promise<void> {
  if (await markLinked(tx, account)) await wakeDebts(tx, { accountId: account });
}

/**
 * Wakes the next thousand debts, and whoever wakes those behind them; with the first go the walks, and of
 * an account its sources. News goes before others' backfills, as it would have; what may wait takes turns
 * with other sources from where the queue is being served, and what a walk finds next comes behind it.
 */
export async function wakeNext(tx: Queryable, asked: Tasks["wake_debts"]): Promise<number> {
  const { after, turn = await turnNow(tx, PRIORITY.backfill), ...whose } = asked;
  const first = after ? [] : await firstOf(tx, whose);
  const debts = await dueDebts(tx, whose, after);
  let next = turn;
  const woken = debts.map(({ id, priority }): Job => {
    const runAt = mayWait(priority) ? timeOfTurn(next++) : undefined;
    return "sourceId" in whose
      ? { task: "store_version", payload: { objectId: id }, priority, runAt }
      : { task: "sync_file", payload: { checkId: id }, priority, runAt };
  });
  if ("sourceId" in whose && next > turn) await goOnBehind(tx, whose.sourceId, next);
  const last = debts.at(-1);
  const rest: Job[] = last
    ? [
        {
          task: "wake_debts",
          payload: { ...whose, after: { dueAt: last.dueAt, id: last.id }, turn: next },
        },
      ]
    : [];
  await enqueue(tx, [...first, ...woken, ...rest]);
  return first.length + woken.length;
}

async function firstOf(tx: Queryable, whose: Whose): Promise<Job[]> {
  const walks = await dueWalks(tx, whose);
  const priority = "sourceId" in whose ? PRIORITY.ahead : PRIORITY.walk;
  const sources = "accountId" in whose ? await liveSources(tx, whose.accountId) : [];
  return [
    ...walks.map((walkId): Job => ({ task: "walk_folder", payload: { walkId }, priority })),
    ...sources.map(({ sourceId }): Job => ({ task: "wake_debts", payload: { sourceId } })),
  ];
}
