import { and, desc, eq, isNotNull, isNull, lt } from "drizzle-orm";
import type { IncidentKind } from "../core/incident.ts";
import type { Queryable } from "./open.ts";
import { accounts, incidents, sources } from "./schema.ts";

export type IncidentRow = Awaited<ReturnType<typeof listIncidents>>[number];

export interface IncidentFilter {
  id?: number | undefined;
  state: "open" | "closed" | "all";
  kind?: IncidentKind | undefined;
  accountId?: string | undefined;
  sourceId?: string | undefined;
  /** The id of the last one of the page before. */
  after?: number | undefined;
  limit: number;
}

/** Incidents with the names of what they are about, the last opened first. */
export async function listIncidents(db: Queryable, filter: IncidentFilter) {
  const { id, state, kind, accountId, sourceId, after, limit } = filter;
  return db
    .select({ incident: incidents, accountName: accounts.name, sourceName: sources.name })
    .from(incidents)
    .leftJoin(accounts, eq(accounts.id, incidents.accountId))
    .leftJoin(sources, eq(sources.id, incidents.sourceId))
    .where(
      and(
        id === undefined ? undefined : eq(incidents.id, id),
        state === "open" ? isNull(incidents.closedAt) : undefined,
        state === "closed" ? isNotNull(incidents.closedAt) : undefined,
        kind === undefined ? undefined : eq(incidents.kind, kind),
        accountId === undefined ? undefined : eq(incidents.accountId, accountId),
        sourceId === undefined ? undefined : eq(incidents.sourceId, sourceId),
        after === undefined ? undefined : lt(incidents.id, after),
      ),
    )
    .orderBy(desc(incidents.id))
    .limit(limit);
}
