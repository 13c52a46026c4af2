import { listAccounts } from "../../db/account-list.ts";
import { type DeliveryOutcome, listDeliveries } from "../../db/delivery-list.ts";
import { budgetFigures } from "../../db/budgets.ts";
import { listEvents } from "../../db/event-list.ts";
import { listFailures } from "../../db/failures.ts";
import { openIncidents } from "../../db/gauges.ts";
import { listIncidents } from "../../db/incident-list.ts";
import { findSource, listSources } from "../../db/source-progress.ts";
import { findVersion } from "../../db/version-search.ts";
import type { HttpDeps } from "../deps.ts";
import { address } from "./address.ts";
import type { AccountsProps } from "./accounts.tsx";
import type { DeliveriesProps } from "./deliveries.tsx";
import type { EventsProps } from "./events.tsx";
import type { FailuresProps } from "./failures.tsx";
import type { IncidentsPageProps, Standing } from "./incidents.tsx";
import { namesOf } from "./names.ts";
import type { OverviewProps } from "./overview.tsx";
import { eventMark, failureMark } from "./query.ts";
import { bucketOf } from "./read-source.ts";
import type { VersionPageProps } from "./version.tsx";

/** What a page takes at once; beyond the first two, further ones are a link away. */
const ACCOUNTS = 100;
const SOURCES = 200;
const INCIDENTS = 5;
const FAILURES = 50;
const DELIVERIES = 50;
const INCIDENTS_LISTED = 50;
const EVENTS = 20;
const ACCOUNTS_LISTED = 50;
/** The overview says "100 or more" rather than count a disaster every two seconds. */
const FAILURES_COUNTED = 100;

type Deps = Pick<HttpDeps, "db" | "lake">;

/** What the overview shows. */
export async function readOverview({ db }: Deps, origin: string): Promise<OverviewProps> {
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

/** What a version's page shows; undefined when there is no such object. */
export async function readVersion(
  { db, lake }: Deps,
  objectId: number,
): Promise<VersionPageProps | undefined> {
  const version = await findVersion(db, objectId);
  if (!version) return undefined;
  const source = await findSource(db, version.sourceId);
  return {
    version,
    sourceName: source?.name,
    uri: `gs://${bucketOf(version, lake)}/${version.name}`,
    now: new Date(),
  };
}

/** What the page of failures shows; `before` is the mark of the page before. */
export async function readFailures(
  { db }: Deps,
  before: string | undefined,
): Promise<FailuresProps> {
  const after = failureMark.read(before);
  const found = await listFailures(db, { after, limit: FAILURES + 1 });
  const failures = found.slice(0, FAILURES);
  const last = found.length > FAILURES ? failures.at(-1) : undefined;
  const names = await namesOf(db, {
    accounts: failures.map(({ accountId }) => accountId),
    sources: failures.flatMap(({ sourceId }) => sourceId ?? []),
  });
  return {
    failures,
    names,
    path: address("/failures", { before: after && failureMark.write(after) }),
    older: last && address("/failures", { before: failureMark.write(last) }),
    now: new Date(),
  };
}

/** What the page of deliveries shows. */
export async function readDeliveries(
  { db }: Deps,
  { outcome, before }: { outcome?: DeliveryOutcome | undefined; before?: number | undefined },
): Promise<DeliveriesProps> {
  const found = await listDeliveries(db, { outcome, after: before, limit: DELIVERIES + 1 });
  const deliveries = found.slice(0, DELIVERIES);
  const last = found.length > DELIVERIES ? deliveries.at(-1)?.id : undefined;
  const names = await namesOf(db, {
    accounts: deliveries.map(({ accountId }) => accountId),
    sources: [],
  });
  return {
    deliveries,
    names,
    outcome,
    path: address("/deliveries", { outcome, before }),
    older: last === undefined ? undefined : address("/deliveries", { outcome, before: last }),
    now: new Date(),
  };
}

/** What the page of accounts shows; `after` is the name of the last one of the page before. */
export async function readAccounts(
  { db, callsPerMinute }: Pick<HttpDeps, "db" | "callsPerMinute">,
  after: string | undefined,
): Promise<AccountsProps> {
  const found = await listAccounts(db, { after, limit: ACCOUNTS_LISTED + 1 });
  const accounts = found.slice(0, ACCOUNTS_LISTED);
  const users = accounts.map(({ boxUserId }) => boxUserId);
  return {
    accounts,
    budgets: await budgetFigures(db, users, callsPerMinute),
    path: address("/accounts", { after }),
    older:
      found.length > ACCOUNTS_LISTED
        ? address("/accounts", { after: accounts.at(-1)?.name })
        : undefined,
    now: new Date(),
  };
}

/** What the page of incidents shows. */
export async function readIncidents(
  { db }: Deps,
  { standing, before }: { standing: Standing; before?: number | undefined },
): Promise<IncidentsPageProps> {
  const limit = INCIDENTS_LISTED + 1;
  const found = await listIncidents(db, { state: standing, after: before, limit });
  const incidents = found.slice(0, INCIDENTS_LISTED);
  const last = found.length > INCIDENTS_LISTED ? incidents.at(-1)?.incident.id : undefined;
  const only = standing === "all" ? undefined : standing;
  return {
    incidents,
    standing,
    path: address("/incidents", { standing: only, before }),
    older: last === undefined ? undefined : address("/incidents", { standing: only, before: last }),
    now: new Date(),
  };
}

/** What the page of events shows; `before` is the mark of the page before. */
export async function readEvents({ db }: Deps, before: string | undefined): Promise<EventsProps> {
  const after = eventMark.read(before);
  const found = await listEvents(db, { odd: true, after, limit: EVENTS + 1 });
  const events = found.slice(0, EVENTS);
  const last = found.length > EVENTS ? events.at(-1) : undefined;
  const names = await namesOf(db, {
    accounts: events.map(({ accountId }) => accountId),
    sources: [],
  });
  return {
    events,
    names,
    path: address("/events", { before: after && eventMark.write(after) }),
    older: last && address("/events", { before: eventMark.write(last) }),
    now: new Date(),
  };
}
