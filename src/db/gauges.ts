import { sql } from "drizzle-orm";
import { INCIDENT_KINDS, type IncidentKind } from "../core/incident.ts";
import type { ObjectState } from "./version-search.ts";
import { type Queryable, rows } from "./open.ts";
import type { accounts } from "./schema.ts";

/** How many objects there are in each state. */
export async function objectsByState(db: Queryable): Promise<Record<ObjectState, number>> {
  const found = await rows<{ state: ObjectState; count: string }>(
    db,
    sql`select state, sum(objects) as count from object_tallies group by state`,
  );
  const none = { pending: 0, waiting: 0, stored: 0, given_up: 0, withdrawn: 0 };
  return { ...none, ...Object.fromEntries(found.map((row) => [row.state, Number(row.count)])) };
}

export type AccountState = (typeof accounts.$inferSelect)["state"];

/** How many accounts there are in each state. */
export async function accountsByState(db: Queryable): Promise<Record<AccountState, number>> {
  const found = await rows<{ state: AccountState; count: string }>(
    db,
    sql`select state, count(*) from accounts group by state`,
  );
  const none = { linked: 0, needs_relogin: 0, paused: 0, deleted: 0 };
  return { ...none, ...Object.fromEntries(found.map((row) => [row.state, Number(row.count)])) };
}

/** For how long each stream that should be read was not read to its end, by the account that reads it. */
export async function secondsSinceReconciled(db: Queryable) {
  return rows<{ account: string; stream: string; seconds: number }>(
    db,
    sql`
      select p.account_id as account, p.stream,
        extract(epoch from now() - p.read_at)::float8 as seconds
      from positions p join accounts a on a.id = p.account_id
      where a.state in ('linked', 'needs_relogin')`,
  );
}

/** How many incidents of each kind are open. */
export async function openIncidents(db: Queryable): Promise<Record<IncidentKind, number>> {
  const found = await rows<{ kind: IncidentKind; count: number }>(
    db,
    sql`select kind, count(*)::int as count from incidents where closed_at is null group by kind`,
  );
  const none = Object.fromEntries(INCIDENT_KINDS.map((kind) => [kind, 0]));
  const open = Object.fromEntries(found.map(({ kind, count }) => [kind, count]));
  return { ...none, ...open } as Record<IncidentKind, number>;
}

/** Webhooks of accounts that are not deleted, by account and state. */
export async function webhooksByState(db: Queryable) {
  return rows<{ account: string; state: string; count: number }>(
    db,
    sql`
      select w.account_id as account, w.state, count(*)::int as count
      from webhooks w join accounts a on a.id = w.account_id
      where a.state <> 'deleted' group by w.account_id, w.state`,
  );
}
