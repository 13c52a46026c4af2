import type { Failure } from "../core/failure.ts";
import { type AccountId, accountId as asAccountId } from "../core/ids.ts";
import { planStreams, type StreamReading } from "../core/streams.ts";
import { findAccount, markNeedsRelogin } from "../db/accounts.ts";
import {
  failPass,
  finishPass,
  hasPosition,
  type LeasedPosition,
  leasePosition,
  positionKey,
  releasePosition,
} from "../db/positions.ts";
import { accountStreams, closeStream, handOver } from "../db/streams.ts";
import { describeError } from "../log.ts";
import { enqueue, type Job } from "../operations/enqueue.ts";
import { closeProvenGaps } from "../operations/gaps.ts";
import { fallBack, openStream } from "../operations/streams.ts";
import { asFailure } from "./as-failure.ts";
import { readStream } from "./read-stream.ts";
import type { Handler, JobDeps, Outcome } from "./task.ts";
import { linkAgain } from "../operations/wake-debts.ts";

type Deps = Pick<JobDeps, "db" | "boxes" | "worker" | "held" | "log" | "prefix" | "countOddEvents">;

/**
 * The pass of every 60 seconds. Without a stream it decides which are to be read and by whom
 * (core/streams.ts), and wakes one pass for each, of one account if one is named; with one it reads the
 * account's stream from the saved position until it is drained. The position moves in the transaction
 * that keeps its page, so a crash reads a page again and never skips one. A pass that finds another
 * under way leaves it alone.
 */
export function createReconcile(deps: Deps): Handler<"reconcile"> {
  return ({ accountId, stream }, signal) =>
    accountId === undefined || stream === undefined
      ? wakePasses(deps, accountId)
      : pass(deps, { accountId: asAccountId(accountId), stream }, signal);
}

async function wakePasses({ db, log }: Deps, only: string | undefined): Promise<Outcome> {
  const plan = planStreams(await accountStreams(db));
  for (const reading of plan.close) await closeStream(db, reading);
  for (const change of plan.handOver)
    if (await handOver(db, change))
      log.warn(
        { "account.id": change.to, from: change.from, stream: change.stream },
        "Another account of the enterprise reads its events from here on",
      );
  const passes = [...plan.read, ...plan.ask].filter(
    ({ accountId }) => only === undefined || accountId === only,
  );
  await enqueue(
    db,
    passes.map((reading): Job => ({ task: "reconcile", payload: { ...reading } })),
  );
  await closeProvenGaps(db);
  return { outcome: "done", note: "Woke the passes of", fields: { streams: passes.length } };
}

/** Known as under way: a lease that it cannot end, because the database went away, is let go of by the heartbeat. */
const pass = (deps: Deps, reading: StreamReading, signal: AbortSignal) =>
  deps.held.during("positions", positionKey(reading), () => takePass(deps, reading, signal));

async function takePass(deps: Deps, reading: StreamReading, signal: AbortSignal): Promise<Outcome> {
  const { accountId, stream } = reading;
  const row = await findAccount(deps.db, accountId);
  if (!row) return { outcome: "idle" };
  const held = await leasePosition(deps.db, deps.worker, accountId, stream);
  if (!held) return begin(deps, reading, signal);
  try {
    const box = await deps.boxes.of(accountId);
    const events = await readStream(deps, box, held, signal);
    await finishPass(deps.db, deps.worker, held);
    if (row.state === "needs_relogin") await linkAgain(deps.db, accountId);
    const fields = { "account.id": accountId, stream, events };
    return { outcome: "done", note: "Reconciled", fields };
  } catch (error) {
    return await settle(deps, held, error, signal);
  }
}

/** The first pass of a stream that has no position yet, though a source needs it; or of an account that reads none. */
async function begin(deps: Deps, reading: StreamReading, signal: AbortSignal): Promise<Outcome> {
  const { accountId, stream } = reading;
  const { read, ask } = planStreams(await accountStreams(deps.db));
  const isAmong = (list: StreamReading[]) =>
    list.some((one) => one.accountId === accountId && one.stream === stream);
  if (isAmong(ask)) return askAgain(deps, accountId, signal);
  // Another account's position is the whole enterprise's.
  if (!isAmong(read) || (await hasPosition(deps.db, accountId, stream))) return { outcome: "idle" };
  try {
    if (!(await openStream(deps, reading))) return { outcome: "idle" };
    const fields = { "account.id": accountId, stream };
    return { outcome: "done", note: "Began to read an event stream", fields };
  } catch (error) {
    const failure = asFailure(error, signal);
    if (failure.kind === "unauthorized")
      await markNeedsRelogin(deps.db, accountId, failure.message);
    if (isLostScope(reading, failure)) await fallBack(deps, accountId, new Date());
    return { outcome: "set_back", failure, dueAt: undefined };
  }
}

/** Asks whether Box accepts the login of an account again that no stream is read with. */
async function askAgain(deps: Deps, accountId: AccountId, signal: AbortSignal): Promise<Outcome> {
  try {
    await (await deps.boxes.of(accountId)).whoAmI();
    await linkAgain(deps.db, accountId);
    const fields = { "account.id": accountId };
    return { outcome: "done", note: "Box accepts again the login of", fields };
  } catch (error) {
    return { outcome: "set_back", failure: asFailure(error, signal), dueAt: undefined };
  }
}

async function settle(deps: Deps, held: LeasedPosition, error: unknown, signal: AbortSignal) {
  const failure = asFailure(error, signal);
  if (isLostScope(held, failure))
    try {
      await fallBack(deps, held.accountId, held.readAt);
    } catch (cause) {
      // Its own stream cannot be read either: the row keeps what Box said first.
      deps.log.warn(
        { err: describeError(cause) },
        "An account could not fall back to its own events",
      );
    }
  await deps.db.transaction(async (tx) => {
    if (failure.kind === "unauthorized")
      await markNeedsRelogin(tx, held.accountId, failure.message);
    if (failure.kind === "stopped") await releasePosition(tx, deps.worker, held);
    else await failPass(tx, deps.worker, held, failure);
  });
  // The next minute tries again.
  return { outcome: "set_back" as const, failure, dueAt: undefined };
}

/** The right to read the enterprise's events was taken away; the account's own may still be read. */
const isLostScope = ({ stream }: Pick<StreamReading, "stream">, failure: Failure) =>
  stream === "admin_logs_streaming" && failure.kind === "forbidden";
