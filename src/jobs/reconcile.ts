import { and, eq, inArray } from "drizzle-orm";
import type { BoxClient, EventsPage } from "../box/client.ts";
import { readEvent } from "../box/read-event.ts";
import { Failure } from "../core/failure.ts";
import { type AccountId, accountId as asAccountId } from "../core/ids.ts";
import { findAccount, markLinked, markNeedsRelogin } from "../db/accounts.ts";
import { recordEvents } from "../db/events.ts";
import {
  failPass,
  finishPass,
  type LeasedPosition,
  leasePosition,
  movePosition,
  releasePosition,
} from "../db/positions.ts";
import { accounts, positions } from "../db/schema.ts";
import { enqueue, type Job } from "../operations/enqueue.ts";
import { recordChanges } from "../operations/record-changes.ts";
import { describeError } from "../log.ts";
import type { Handler, JobDeps, Outcome } from "./task.ts";

type Deps = Pick<JobDeps, "db" | "boxes" | "worker" | "log" | "prefix">;

/**
 * The pass of every 60 seconds. Without an account it wakes one pass for each; with one it reads
 * the account's event stream from the saved position until it is drained. The position moves in
 * the transaction that keeps its page, so a crash reads a page again and never skips one. A pass
 * that finds another under way leaves it alone.
 */
export function createReconcile(deps: Deps): Handler<"reconcile"> {
  return ({ accountId }, signal) =>
    accountId === undefined ? wakePasses(deps) : takePass(deps, asAccountId(accountId), signal);
}

async function wakePasses({ db }: Deps): Promise<Outcome> {
  // Also those that wait for a person: the day their credentials work again, the pass notices.
  const read = await db
    .select({ id: positions.accountId })
    .from(positions)
    .innerJoin(
      accounts,
      and(eq(accounts.id, positions.accountId), eq(accounts.stream, positions.stream)),
    )
    .where(inArray(accounts.state, ["linked", "needs_relogin"]));
  await enqueue(
    db,
    read.map(({ id }): Job => ({ task: "reconcile", payload: { accountId: id } })),
  );
  return { outcome: "done", note: "Woke the passes of", fields: { accounts: read.length } };
}

async function takePass(deps: Deps, account: AccountId, signal: AbortSignal): Promise<Outcome> {
  const row = await findAccount(deps.db, account);
  if (!row) return { outcome: "idle" };
  const held = await leasePosition(deps.db, deps.worker, account, row.stream);
  if (!held) return { outcome: "idle" };
  try {
    const box = await deps.boxes.of(account);
    const events = await drain(deps, box, held, signal);
    await finishPass(deps.db, deps.worker, held);
    if (row.state === "needs_relogin") await markLinked(deps.db, account);
    return {
      outcome: "done",
      note: "Reconciled",
      fields: { "account.id": account, stream: held.stream, events },
    };
  } catch (error) {
    return await settle(deps, held, error, signal);
  }
}

/**
 * Reads pages until nothing new comes. A page may be short while more remain, and Box repeats
 * events at later positions, so the end is: no entries, an unmoved position, or a second page in a
 * row that holds nothing unseen.
 */
async function drain(deps: Deps, box: BoxClient, held: LeasedPosition, signal: AbortSignal) {
  let fresh = 0;
  let position = held.position;
  for (let stale = 0; stale < 2 && !signal.aborted;) {
    const page = await box.events(held.stream, position, signal);
    // Box writes "0" where it has nothing to say; it would mean: from the beginning.
    const next = page.nextPosition === "0" ? undefined : page.nextPosition;
    const found = await keepPage(deps, held, page, next);
    fresh += found;
    stale = found === 0 ? stale + 1 : 0;
    if (page.entries.length === 0 || next === undefined || next === position) break;
    position = next;
  }
  if (signal.aborted) throw new Failure("stopped", "The worker is stopping");
  return fresh;
}

async function keepPage(
  deps: Deps,
  held: LeasedPosition,
  page: EventsPage,
  next: string | undefined,
) {
  const seen = page.entries.map((raw) => ({ ...readEvent(held.stream, raw), raw }));
  return deps.db.transaction(async (tx) => {
    const values = seen.map(({ eventId, eventType, odd, raw }) => ({
      eventId,
      eventType,
      odd,
      raw,
    }));
    const fresh = await recordEvents(tx, held.accountId, held.stream, values);
    const news = seen
      .filter(({ eventId }) => fresh.has(eventId))
      .flatMap(({ changes, happenedAt }) =>
        changes.map((change) => ({ change, asOf: happenedAt ?? new Date() })),
      );
    const { accountId } = held;
    await recordChanges(tx, { accountId, door: "events", prefix: deps.prefix, news });
    if (next !== undefined && !(await movePosition(tx, deps.worker, held, next)))
      throw new Failure("stopped", "The lease of this stream was lost to another worker");
    return fresh.size;
  });
}

async function settle(deps: Deps, held: LeasedPosition, error: unknown, signal: AbortSignal) {
  const failure =
    error instanceof Failure
      ? error
      : new Failure(
          signal.aborted ? "stopped" : "transient",
          `Longshore itself failed: ${String(describeError(error)["message"])}`,
          { cause: error },
        );
  await deps.db.transaction(async (tx) => {
    if (failure.kind === "unauthorized")
      await markNeedsRelogin(tx, held.accountId, failure.message);
    if (failure.kind === "stopped") await releasePosition(tx, deps.worker, held);
    else await failPass(tx, deps.worker, held, failure);
  });
  // The next minute tries again.
  return { outcome: "set_back" as const, failure, dueAt: undefined };
}
