import { listIncidents } from "../../db/incident-list.ts";
import { cutPage } from "../cut-page.ts";
import type { HttpDeps } from "../deps.ts";
import { address } from "./address.ts";
import type { IncidentsPageProps, Standing } from "./incidents.tsx";

const SHOWN = 50;

/** What the page of incidents shows; `before` is the id of the last one of the page before. */
export async function readIncidents(
  { db }: Pick<HttpDeps, "db">,
  { standing, before }: { standing: Standing; before?: number | undefined },
): Promise<IncidentsPageProps> {
  const found = await listIncidents(db, { state: standing, after: before, limit: SHOWN + 1 });
  const { shown: incidents, last } = cutPage(found, SHOWN);
  const only = standing === "all" ? undefined : standing;
  return {
    incidents,
    standing,
    path: address("/incidents", { standing: only, before }),
    older: last && address("/incidents", { standing: only, before: last.incident.id }),
    now: new Date(),
  };
}
