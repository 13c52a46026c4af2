import { listAccounts } from "../../db/account-list.ts";
import { listFailures } from "../../db/failures.ts";
import { openIncidents } from "../../db/gauges.ts";
import { listIncidents } from "../../db/incident-list.ts";
import { listSources } from "../../db/source-progress.ts";
import type { HttpDeps } from "../deps.ts";
import type { OverviewProps } from "./overview.tsx";

/** What is shown; of incidents, accounts and sources further ones are a link away. */
const INCIDENTS = 5;
const ACCOUNTS = 100;
const SOURCES = 200;
/** It says "100 or more" rather than count a disaster every two seconds. */
const FAILURES_COUNTED = 100;

/** What the overview shows; `origin` is the address of this service that people use. */
export async function readOverview(
  { db }: Pick<HttpDeps, "db">,
  origin: string,
): Promise<OverviewProps> {
  const [incidents, open, accounts, sources, failures] = await Promise.all([
    listIncidents(db, { state: "open", limit: INCIDENTS }),
    openIncidents(db),
    listAccounts(db, { limit: ACCOUNTS + 1 }),
    listSources(db, { limit: SOURCES + 1 }),
    listFailures(db, { limit: FAILURES_COUNTED }),
  ]);
  const openAtAll = Object.values(open).reduce((sum, one) => sum + one, 0);
  return {
    incidents,
    furtherIncidents: Math.max(0, openAtAll - incidents.length),
    accounts: accounts.slice(0, ACCOUNTS),
    sources: sources.slice(0, SOURCES),
    failures: failures.length,
    failuresCounted: FAILURES_COUNTED,
    more: accounts.length > ACCOUNTS || sources.length > SOURCES,
    origin,
    now: new Date(),
  };
}
