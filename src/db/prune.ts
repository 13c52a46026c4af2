import { sql, type SQL } from "drizzle-orm";
import { type Queryable, rows } from "./open.ts";

/** So many rows a statement: short enough that nobody waits for it, and that a kill loses little. */
export const PRUNED_AT_ONCE = 5_000;

/**
 * Events are kept longer than Box repeats any: its streams reach back 14 days (enterprise), 21 or 31
 * (user), and a position that had to be taken back reads all of that again. One that came again after
 * it was pruned would only be worked twice, which changes nothing and costs a few calls.
 * https://developer.box.com/guides/events/
 */
const EVENTS_AT_LEAST_DAYS = 31;

const olderThan = (column: SQL, days: number) =>
  sql`${column} < now() - ${days}::int * interval '1 day'`;

/**
 * What is pruned, each one batch at a time, by the age in days that it may reach. Custody is not
 * among it: versions, objects, losses, files, incidents, replays and the walks of sources stay for ever.
 */
const BATCHES = {
  deliveries: (days: number) => sql`
    delete from deliveries where id in (
      select id from deliveries where ${olderThan(sql`received_at`, days)}
      order by received_at limit ${PRUNED_AT_ONCE}::int for update skip locked)
    returning 1`,
  events: (days: number) => sql`
    delete from events where (account_id, event_id) in (
      select account_id, event_id from events
      where ${olderThan(sql`seen_at`, Math.max(days, EVENTS_AT_LEAST_DAYS))}
      order by seen_at limit ${PRUNED_AT_ONCE}::int for update skip locked)
    returning 1`,
  /** Those that signals asked for: they tell no more than what they recorded. What was given up waits for a person. */
  walks: (days: number) => sql`
    delete from walks where id in (
      select id from walks where kind = 'signal' and state in ('done', 'withdrawn')
        and ${olderThan(sql`coalesce(finished_at, created_at)`, days)}
      limit ${PRUNED_AT_ONCE}::int for update skip locked)
    returning 1`,
  /** What news that was being recorded while its account was deleted still asked for. */
  checks: () => sql`
    delete from checks where id in (
      select c.id from accounts a join checks c on c.account_id = a.id
      where a.state = 'deleted' limit ${PRUNED_AT_ONCE}::int for update of c skip locked)
    returning 1`,
  orphans: () => sql`
    delete from walks where id in (
      select w.id from accounts a join walks w on w.account_id = a.id
      where a.state = 'deleted' and w.source_id is null and w.state = 'due'
      limit ${PRUNED_AT_ONCE}::int for update of w skip locked)
    returning 1`,
  /** No cookie lives so long that it could be shown again. */
  spent_states: () => sql`
    delete from spent_states where state in (
      select state from spent_states where spent_at < now() - interval '1 hour'
      limit ${PRUNED_AT_ONCE}::int for update skip locked)
    returning 1`,
  /** The frontiers of walks that will never go on; a walk that ends empties its own, one given up may be replayed. */
  walk_folders: () => sql`
    delete from walk_folders where (walk_id, folder_id) in (
      select f.walk_id, f.folder_id from walks w join walk_folders f on f.walk_id = w.id
      where w.state = 'withdrawn' limit ${PRUNED_AT_ONCE}::int for update of f skip locked)
    returning 1`,
};

export type Pruned = keyof typeof BATCHES;
export const PRUNED = Object.keys(BATCHES) as Pruned[];

/** Deletes one batch of what is older than so many days; answers how many rows. Twice at once is harmless. */
export async function pruneBatch(db: Queryable, what: Pruned, days: number): Promise<number> {
  return (await rows(db, BATCHES[what](days))).length;
}
