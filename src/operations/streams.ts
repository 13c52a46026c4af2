import { and, eq, sql } from "drizzle-orm";
import type { BoxClient } from "../box/client.ts";
import type { BoxCredentials } from "../box/credentials.ts";
import { Failure } from "../core/failure.ts";
import { type AccountId, accountId } from "../core/ids.ts";
import { type EventStream, type StreamReading, streamsOf } from "../core/streams.ts";
import { findAccount } from "../db/accounts.ts";
import type { Database, Queryable } from "../db/open.ts";
import { hasPosition, takePosition } from "../db/positions.ts";
import { accounts } from "../db/schema.ts";
import { accountStreams, foldersOfUnknownOwner, noteOwnership } from "../db/streams.ts";
import type { BoxClients } from "./box-clients.ts";
import { enqueue } from "./enqueue.ts";
import { walkAgain } from "./gaps.ts";
import { linkAgain } from "./wake-debts.ts";

export const NO_ENTERPRISE_EVENTS =
  "The application may not read enterprise events (scope: Manage enterprise properties), so the user's own events are read";

/** Whether credentials are those of an enterprise's service account, which may read all its events. */
export const speaksForEnterprise = (auth: object): boolean =>
  "subject" in auth && auth.subject === "enterprise";

/**
 * The enterprise's stream sees all of its content, so it is read where the credentials speak for
 * the enterprise and Box lets them; otherwise the user's own, with the reason.
 */
export async function chooseStream(
  box: BoxClient,
  auth: BoxCredentials,
): Promise<{ stream: EventStream; reason: string | null }> {
  if (!speaksForEnterprise(auth)) return { stream: "changes", reason: null };
  try {
    await box.events("admin_logs_streaming", "now");
    return { stream: "admin_logs_streaming", reason: null };
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "forbidden") throw error;
    return { stream: "changes", reason: NO_ENTERPRISE_EVENTS };
  }
}

/**
 * Takes the first position of every stream that a source needs and that has none. To be called before
 * the source is committed: what happens from here on is told by the streams, what was before is
 * found by its backfill.
 */
export async function takePositions(
  db: Queryable,
  box: BoxClient,
  account: { id: string; stream: EventStream },
  isExternal: boolean | undefined,
): Promise<void> {
  const id = accountId(account.id);
  for (const stream of streamsOf(account.stream, isExternal))
    if (!(await hasPosition(db, id, stream)))
      await takePosition(db, id, stream, await newestPosition(box, stream));
}

/**
 * Throws `transient` when Box gives none: no stream is ever read from a position made up. `"0"`, where
 * nothing has happened yet, is one to begin at: from there a stream tells all that it holds.
 */
export async function newestPosition(box: BoxClient, stream: EventStream): Promise<string> {
  const { nextPosition } = await box.events(stream, "now");
  if (nextPosition === undefined)
    throw new Failure("transient", "Box gave no position of its event stream");
  return nextPosition;
}

interface Deps {
  db: Database;
  boxes: BoxClients;
}

/**
 * Begins to read a stream that has no position though a source needs it: a folder turned out to be
 * another enterprise's, or an account has fallen back. The position is taken first and the sources are
 * walked after it, so that nothing falls between. Ownership that is unknown is asked for before: most
 * folders are the enterprise's own. False when the stream is not needed after all.
 */
export async function openStream(deps: Deps, reading: StreamReading): Promise<boolean> {
  const account = await findAccount(deps.db, reading.accountId);
  if (!account || account.state === "paused") return false;
  const box = await deps.boxes.of(reading.accountId);
  if (account.stream !== reading.stream && !(await mayHaveForeign(deps.db, box, reading.accountId)))
    return false;
  const position = await newestPosition(box, reading.stream);
  await deps.db.transaction(async (tx) => {
    await takePosition(tx, reading.accountId, reading.stream, position);
    await walkAgain(tx, reading, "its event stream is read from now on");
  });
  return true;
}

async function mayHaveForeign(db: Database, box: BoxClient, account: AccountId) {
  for (const id of await foldersOfUnknownOwner(db, account)) {
    const folder = await box.folder(id);
    if (folder) await noteOwnership(db, account, folder);
  }
  const streams = await accountStreams(db);
  return streams.some((one) => one.accountId === account && one.hasForeign);
}

/**
 * Makes an account read its own events, because Box no longer lets it read the enterprise's: its row
 * says why, and its sources are walked for what the enterprise's told since `since`. The position in the
 * enterprise's stream goes to another account that may read it, with the next pass.
 */
export async function fallBack(deps: Deps, account: AccountId, since: Date): Promise<void> {
  const box = await deps.boxes.of(account);
  const position = await newestPosition(box, "changes");
  await deps.db.transaction(async (tx) => {
    // Whoever may be refused an event stream was let in.
    await linkAgain(tx, account);
    const fallen = await tx
      .update(accounts)
      .set({
        stream: "changes",
        reason: sql`case state when 'linked' then ${NO_ENTERPRISE_EVENTS} else reason end`,
      })
      .where(and(eq(accounts.id, account), eq(accounts.stream, "admin_logs_streaming")))
      .returning({ id: accounts.id });
    if (fallen.length === 0) return;
    await takePosition(tx, account, "changes", position);
    const because =
      "Box no longer lets the account read the enterprise's events: its own are read from now on.";
    const gap = { since, until: new Date(), because };
    await walkAgain(tx, { accountId: account, stream: "changes" }, "a gap in its events", gap);
    await enqueue(tx, [{ task: "reconcile", payload: {} }]);
  });
}

/**
 * Makes an account that fell back read the enterprise's events again, if Box lets it by now, and walks
 * its sources for what either stream may have told between. False when it does not.
 */
export async function returnToEnterprise(deps: Deps, account: AccountId): Promise<boolean> {
  const stream = "admin_logs_streaming";
  const box = await deps.boxes.of(account);
  let position: string;
  try {
    position = await newestPosition(box, stream);
  } catch (error) {
    if (error instanceof Failure && error.kind === "forbidden") return false;
    throw error;
  }
  return deps.db.transaction(async (tx) => {
    // Before it reads another stream, all of its sources are told of by this one.
    await walkAgain(tx, { accountId: account, stream: "changes" }, "its event stream changes");
    const back = await tx
      .update(accounts)
      .set({ stream, reason: sql`case state when 'linked' then null else reason end` })
      .where(and(eq(accounts.id, account), eq(accounts.stream, "changes")))
      .returning({ id: accounts.id });
    if (!(await hasPosition(tx, account, stream)))
      await takePosition(tx, account, stream, position);
    return back.length > 0;
  });
}
