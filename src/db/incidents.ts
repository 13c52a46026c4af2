import { sql } from "drizzle-orm";
import { type Queryable, rows, toJson } from "./open.ts";

/** Everything that can be open; what each means and asks for is in docs/operations.md. */
export const INCIDENT_KINDS = [
  "account_needs_relogin",
  "webhook_silent",
  "webhook_gone",
  "webhooks_near_limit",
  "gap_reproved",
  "source_unreachable",
  "budget_exhausted",
  "given_up",
  "lake_blocked",
  "unreadable_signals",
] as const;

export type IncidentKind = (typeof INCIDENT_KINDS)[number];

export interface IncidentNews {
  kind: IncidentKind;
  /** What it is about, an id as a rule: a kind has at most one open incident for each. */
  subject: string;
  accountId?: string | undefined;
  sourceId?: string | undefined;
  /** What happened and what it means, in whole sentences. */
  message: string;
  /** What a person can do. */
  hint?: string | undefined;
  /** Figures and ids; never a secret. */
  details?: Record<string, unknown> | undefined;
}

/**
 * Opens an incident, in the transaction that found the reason for it. While one of this kind and
 * subject is open, another call brings its message, hint and details up to date and keeps the time
 * at which it was opened; an equal one writes nothing. True when it was not open before: the
 * caller then says so in the log, after its commit.
 */
export async function openIncident(db: Queryable, news: IncidentNews): Promise<boolean> {
  const [row] = await rows<{ fresh: boolean }>(
    db,
    sql`
      insert into incidents as i (kind, subject, account_id, source_id, message, hint, details)
      values (${news.kind}, ${news.subject}, ${news.accountId ?? null}::uuid,
        ${news.sourceId ?? null}::uuid, ${news.message}, ${news.hint ?? null},
        ${toJson(news.details ?? {})}::jsonb)
      on conflict (kind, subject) where closed_at is null do update
        set message = excluded.message, hint = excluded.hint, details = excluded.details
        where (i.message, i.hint, i.details)
          is distinct from (excluded.message, excluded.hint, excluded.details)
      returning xmax = 0 as fresh`,
  );
  return row?.fresh ?? false;
}

/** Closes what is open of this kind and subject. True when something was; again, nothing changes. */
export async function closeIncident(
  db: Queryable,
  kind: IncidentKind,
  subject: string,
): Promise<boolean> {
  const closed = await rows(
    db,
    sql`
      update incidents set closed_at = now()
      where kind = ${kind} and subject = ${subject} and closed_at is null
      returning id`,
  );
  return closed.length > 0;
}
