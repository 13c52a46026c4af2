import type { AccountId } from "../core/ids.ts";
import type { EventStream, StreamReading } from "../core/streams.ts";
import { closeIncident, openIncident } from "../db/incidents.ts";
import type { Queryable } from "../db/open.ts";
import { askGapWalks, openGapSince, provenGaps } from "../db/streams.ts";
import { enqueue, type Job, PRIORITY } from "./enqueue.ts";

/** A time in which a stream may have told something that was not read. */
export interface Gap {
  since: Date;
  until: Date;
  /** Why, as a whole sentence. */
  because: string;
}

/**
 * Walks in full every source that only this stream tells of, so that nothing is missed of what it did
 * not tell. To be called in the transaction that moves the position past it. With a `gap`, each
 * account has an incident that names the window, until its walks have come to their end; another gap
 * meanwhile widens it.
 */
export async function walkAgain(
  tx: Queryable,
  reading: StreamReading,
  reason: string,
  gap?: Gap,
): Promise<void> {
  const walks = await askForWalks(tx, reading, reason, { since: gap?.since });
  if (!gap) return;
  for (const [account, own] of Map.groupBy(walks, ({ accountId }) => accountId))
    await openGapIncident(tx, account, reading.stream, gap, own.length);
}

/**
 * Walks in full the sources of whoever was added to a group: what the group is invited to brings its old files,
 * and no event names a folder. `named` are Box users, none where an event does not say; then a user's own
 * stream means its user, and an enterprise's nobody. However often, one walk a source is under way.
 */
export async function walkForMembers(
  tx: Queryable,
  reading: StreamReading,
  named: readonly (readonly string[])[],
): Promise<void> {
  const isUnnamed = reading.stream === "changes" && named.some((users) => users.length === 0);
  const users = named.flat();
  if (isUnnamed || users.length > 0)
    await askForWalks(tx, reading, "its user was added to a group", isUnnamed ? {} : { users });
}

async function askForWalks(
  tx: Queryable,
  reading: StreamReading,
  reason: string,
  of: { users?: readonly string[]; since?: Date | undefined },
) {
  const walks = await askGapWalks(tx, reading, reason, of);
  const priority = PRIORITY.ahead;
  await enqueue(
    tx,
    walks.map(({ walkId }): Job => ({ task: "walk_folder", payload: { walkId }, priority })),
  );
  return walks;
}

async function openGapIncident(
  tx: Queryable,
  accountId: AccountId,
  stream: EventStream,
  gap: Gap,
  walks: number,
) {
  const subject = `${accountId}/${stream}`;
  const open = await openGapSince(tx, subject);
  const since = (open && open < gap.since ? open : gap.since).toISOString();
  const until = gap.until.toISOString();
  const sources = walks === 1 ? "one source is" : `${walks} sources are`;
  await openIncident(tx, {
    kind: "gap_reproved",
    subject,
    accountId,
    message: `${gap.because} Of what happened between ${since} and ${until} something may not have been told, so ${sources} listed in full.`,
    hint: "Nothing is to be done unless a walk is given up: this closes when the walks have come to their end.",
    details: { stream, since, until, sources: walks },
  });
}

/** Closes the incidents whose walks have come to their end. */
export async function closeProvenGaps(db: Queryable): Promise<void> {
  for (const subject of await provenGaps(db)) await closeIncident(db, "gap_reproved", subject);
}
