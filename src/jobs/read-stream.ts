import type { BoxClient, EventsPage } from "../box/client.ts";
import { readEvent } from "../box/read-event.ts";
import { Failure } from "../core/failure.ts";
import { isBeyondRetention, RETENTION_MS } from "../core/retention.ts";
import { recordEvents } from "../db/events.ts";
import { type LeasedPosition, movePosition } from "../db/positions.ts";
import { servedBy } from "../db/streams.ts";
import { type Gap, walkAgain, walkForMembers } from "../operations/gaps.ts";
import { recordChanges } from "../operations/record-changes.ts";
import { newestPosition } from "../operations/streams.ts";
import type { JobDeps } from "./task.ts";

type Deps = Pick<JobDeps, "db" | "worker" | "log" | "prefix" | "countOddEvents">;

/** A page, and what was missed before it, if anything may have been. */
type Page = EventsPage & { gap?: Gap | undefined };

/** Kinds of failure that say of a position that no later try will read on from it. */
const REFUSALS = new Set(["invalid", "not_found"]);

/** So many passes in a row without a position to go on from, and the stream is begun anew. */
const STUCK_AFTER = 10;

/**
 * Reads a stream from its position until nothing new comes, and answers how many events were new. A
 * page may be short while more remain, and Box repeats events at later positions, so the end is: no
 * entries, an unmoved position, or a second page in a row that holds nothing unseen.
 *
 * What Box dropped because nobody read it in time, or lies behind a position that it refuses, is walked
 * instead, in the transaction that moves on.
 */
export async function readStream(
  deps: Deps,
  box: BoxClient,
  held: LeasedPosition,
  signal: AbortSignal,
): Promise<number> {
  let fresh = 0;
  let position = held.position;
  let gap = gapBefore(held);
  for (let stale = 0; stale < 2 && !signal.aborted;) {
    const page = await nextPage(box, held, position, signal);
    // Box writes "0" where it has nothing to say; it would mean: from the beginning.
    const next = isUsable(page.nextPosition) ? page.nextPosition : undefined;
    const found = await keepPage(deps, held, { ...page, gap: gap ?? page.gap }, position, next);
    gap = undefined;
    fresh += found;
    stale = found === 0 ? stale + 1 : 0;
    if (page.entries.length > 0 && next === undefined)
      throw new Failure("transient", "Box gave no position to go on from after a page of events");
    if (page.entries.length === 0 || next === undefined || next === position) break;
    position = next;
  }
  if (signal.aborted) throw new Failure("stopped", "The worker is stopping");
  return fresh;
}

function gapBefore({ stream, readAt }: LeasedPosition): Gap | undefined {
  const until = new Date();
  if (!isBeyondRetention(stream, readAt, until)) return undefined;
  const days = (ms: number) => Math.round(ms / (24 * 60 * 60_000));
  const unread = days(until.getTime() - readAt.getTime());
  const because = `An event stream was not read for ${unread} days, and Box keeps events for ${days(RETENTION_MS[stream])} days for certain.`;
  return { since: readAt, until, because };
}

const isUsable = (position: string | undefined) => position !== undefined && position !== "0";

/** The page after a position; where that leads nowhere, the end of the stream and the gap before it. */
async function nextPage(
  box: BoxClient,
  held: LeasedPosition,
  position: string,
  signal: AbortSignal,
): Promise<Page> {
  const page = await box.events(held.stream, position, signal).catch((error: unknown) => {
    if (error instanceof Failure && REFUSALS.has(error.kind)) return error;
    throw error;
  });
  const isRefused = page instanceof Failure;
  const isStuck = !isRefused && page.entries.length > 0 && !isUsable(page.nextPosition);
  if (!isRefused && !(isStuck && held.attempts >= STUCK_AFTER)) return page;
  const because = isRefused
    ? `Box refused the position to which an event stream had been read. ${page.message}`
    : "Box gave no position to go on from in an event stream.";
  // Where Box refuses this too, it was not the position.
  const nextPosition = await newestPosition(box, held.stream);
  if (!isUsable(nextPosition))
    throw new Failure("transient", "Box gave no position of its event stream");
  return {
    nextPosition,
    entries: isRefused ? [] : page.entries,
    gap: { since: held.readAt, until: new Date(), because },
  };
}

/**
 * Keeps a page: its new events, what they changed for each account that the stream is read for, and the
 * position after it, in one transaction that makes no call to Box.
 */
async function keepPage(
  deps: Deps,
  held: LeasedPosition,
  { entries, gap }: Page,
  position: string,
  next: string | undefined,
): Promise<number> {
  if (entries.length === 0 && !gap && (next === undefined || next === position)) return 0;
  const seen = entries.map((raw) => ({ ...readEvent(held.stream, raw), raw }));
  const { fresh, odd } = await deps.db.transaction(async (tx) => {
    const values = seen.map(({ eventId, eventType, odd, raw }) => ({
      eventId,
      eventType,
      odd,
      raw,
    }));
    const fresh = await recordEvents(tx, held.accountId, held.stream, values);
    const unseen = seen.filter(({ eventId }) => fresh.has(eventId));
    const news = unseen.flatMap(({ changes, happenedAt }) =>
      changes.map((change) => ({ change, asOf: happenedAt ?? new Date() })),
    );
    const accounts = news.length > 0 ? await servedBy(tx, held) : [];
    for (const accountId of accounts)
      await recordChanges(tx, { accountId, door: "events", prefix: deps.prefix, news });
    await walkForMembers(
      tx,
      held,
      unseen.flatMap(({ addedToGroup }) => (addedToGroup ? [addedToGroup] : [])),
    );
    if (gap) await walkAgain(tx, held, "a gap in its event stream", gap);
    if (!(await movePosition(tx, deps.worker, held, next, gap !== undefined)))
      throw new Failure("stopped", "The lease of this stream was lost to another worker");
    return { fresh: fresh.size, odd: unseen.filter((event) => event.odd !== undefined).length };
  });
  if (odd > 0) deps.countOddEvents(held.stream, odd);
  if (gap)
    deps.log.warn(
      { "account.id": held.accountId, stream: held.stream, since: gap.since, until: gap.until },
      `${gap.because} Its sources are walked`,
    );
  return fresh;
}
