import type { IncidentKind, IncidentNews } from "../core/incident.ts";
import type { Queryable } from "../db/open.ts";
import { type HeldAgainst, heldAgainstWebhooks } from "../db/silence.ts";
import {
  blockedLakes,
  type GivenUp,
  givenUp,
  MOST_WEBHOOKS,
  refusedAccounts,
  spentBudgets,
  unreachableSources,
  unreadableSignals,
  webhooksNearLimit,
} from "../db/signs.ts";
import { findStuckVersions } from "./stuck-incidents.ts";

/** The kinds that the state of our rows tells; the others are opened by whoever meets them. */
export const FOUND_KINDS: readonly IncidentKind[] = [
  "account_needs_relogin",
  "source_unreachable",
  "budget_exhausted",
  "given_up",
  "content_not_ready",
  "versions_gone",
  "lake_blocked",
  "unreadable_signals",
  "webhooks_near_limit",
  "webhook_silent",
];

/** What wants a person now, in words. Reads only, a handful of statements; what is mended is not there any more. */
export async function findIncidents(db: Queryable): Promise<IncidentNews[]> {
  return [
    ...(await refusedAccounts(db)).map(refusedAccount),
    ...(await unreachableSources(db)).map(unreachableSource),
    ...(await spentBudgets(db)).map(spentBudget),
    ...givenUpOf(await givenUp(db)),
    ...(await findStuckVersions(db)),
    ...(await blockedLakes(db)).map(blockedLake),
    ...(await unreadableSignals(db)).map(unreadable),
    ...(await webhooksNearLimit(db)).map(nearLimit),
    ...(await heldAgainstWebhooks(db)).flatMap(silence),
  ];
}

type Found<Find extends (db: Queryable) => Promise<unknown[]>> = Awaited<ReturnType<Find>>[number];

/** A reason, which may be a sentence of its own, inside of one of ours. */
const within = (reason: string) => reason.replace(/\.$/, "");

const RELOGIN = {
  oauth: "Press “Grant access to Box” on the overview, as the same Box user.",
  developerToken:
    "Generate another developer token as the same user and give it by PUT /api/accounts/{id}/credentials; for good, give the credentials of an application.",
  ccg: "Have the application authorised again in Box's Admin Console, or give new credentials by PUT /api/accounts/{id}/credentials; the next minute notices.",
  jwt: "Have the application authorised again in Box's Admin Console, or give new credentials by PUT /api/accounts/{id}/credentials; the next minute notices.",
};

const refusedAccount = (row: Found<typeof refusedAccounts>): IncidentNews => ({
  kind: "account_needs_relogin",
  subject: row.account,
  accountId: row.account,
  message: `Box refuses the credentials of the account “${row.name}”: ${within(row.reason ?? "no reason was kept")}. Its work waits and nothing is given up; Box keeps its events for two to three weeks.`,
  hint: RELOGIN[row.authKind].replace("{id}", row.account),
  since: new Date(row.since),
});

const unreachableSource = (row: Found<typeof unreachableSources>): IncidentNews => ({
  kind: "source_unreachable",
  subject: row.source,
  accountId: row.account,
  sourceId: row.source,
  message: `The folder of the source “${row.name}” could not be listed: ${within(row.reason)}. What happens in it is not noticed.`,
  hint:
    row.hint ??
    "Restore the folder, or invite the account to it again. If Box does not tell of that, replay the walk.",
  details: { folderId: row.folder },
  since: new Date(row.since),
});

function spentBudget(row: Found<typeof spentBudgets>): IncidentNews {
  const who = row.login ?? `the Box user ${row.user}`;
  const common = {
    kind: "budget_exhausted" as const,
    subject: row.user,
    accountId: row.account,
  };
  if (row.pausedUntil !== null)
    return {
      ...common,
      message: `Box asked ${who} to make no call until ${row.pausedUntil}.`,
      hint: `Nothing is lost: work waits. If it comes again, see what else calls Box as this user, or lower callsPerMinute by PATCH /api/accounts/${row.account}/budget.`,
      details: { pausedUntil: row.pausedUntil },
    };
  const isSpent = row.used >= (row.limit ?? Number.POSITIVE_INFINITY);
  return {
    ...common,
    message: isSpent
      ? `The calls of this month (UTC) for ${who} are used up: nothing is asked of Box in this name until the next begins.`
      : `Nine tenths of the calls of this month (UTC) for ${who} are used: backfills wait for the next, news goes on.`,
    hint: `Raise callsPerMonth by PATCH /api/accounts/${row.account}/budget if Box's plan allows it.`,
    details: { callsPerMonth: row.limit },
  };
}

/** One for each source, and one for each account's own, with the counts of all its rows. */
function givenUpOf(rows: readonly GivenUp[]): IncidentNews[] {
  const subjects = Map.groupBy(rows, ({ account, source }) => source ?? account);
  return [...subjects].map(([subject, of]) => {
    const [{ account, source, name }] = of as [GivenUp];
    const counts = of.map(({ count, work, failure }) => {
      const what = count === 1 ? work.slice(0, -1) : work;
      return `${count} ${what} (${failure})`;
    });
    return {
      kind: "given_up",
      subject,
      accountId: account,
      sourceId: source ?? undefined,
      message: `Given up for the ${source ? "source" : "account"} “${name}”: ${counts.join(", ")}. No further attempt is made by itself.`,
      hint: "The page Failures names each with its reason and what to do; then replay.",
      details: { counts: of.map(({ work, failure, count }) => ({ work, failure, count })) },
      since: new Date(Math.min(...of.map((row) => Date.parse(row.since)))),
    };
  });
}

const blockedLake = (row: Found<typeof blockedLakes>): IncidentNews => ({
  kind: "lake_blocked",
  subject: row.bucket ?? "lake",
  message: `The lake ${row.bucket === null ? "" : `bucket ${row.bucket} `}refuses us as a whole: ${within(row.reason ?? "no reason was given")}. Nothing is stored, nothing is given up; it is asked again every minute.`,
  hint:
    row.hint ??
    "Grant the permission that the reason names, renew the credentials, or create the bucket.",
  since: new Date(row.since),
});

const unreadable = (row: Found<typeof unreadableSignals>): IncidentNews => ({
  kind: "unreadable_signals",
  subject: row.account,
  accountId: row.account,
  message: `Box tells of the account “${row.name}” what Longshore cannot read: within an hour ${row.deliveries} deliveries and ${row.events} events. They are kept as they came; what they tell is found by the next sweep.`,
  hint: "See them under Deliveries and Events, or at GET /api/events?odd=true. Box may have changed a format: look for a newer Longshore, or report one of them.",
});

const nearLimit = (row: Found<typeof webhooksNearLimit>): IncidentNews => ({
  kind: "webhooks_near_limit",
  subject: row.user,
  accountId: row.account,
  message: `${row.login ?? `The Box user ${row.user}`} has ${row.webhooks} of the ${MOST_WEBHOOKS} webhooks that Box allows an application and user. Folders beyond are polled: noticed within about a minute and a half rather than a second.`,
  hint: "Link another account with an application or user of its own, or register a folder above many of the sources' folders instead.",
  details: { webhooks: row.webhooks, limit: MOST_WEBHOOKS },
});

/** Once silent, a webhook is so until it delivers again, whether or not there is anything to deliver. */
function silence(row: HeldAgainst): IncidentNews[] {
  const about = {
    kind: "webhook_silent" as const,
    subject: row.hook,
    accountId: row.account,
    sourceId: row.source ?? undefined,
  };
  const { expected, missing, heardAt, folder } = row;
  const last = heardAt === null ? "It never delivered" : `It last delivered at ${heardAt}`;
  if (row.isMute)
    return [
      {
        ...about,
        message: `Box delivers only that something happened in folder ${folder}, not what (NO_ACTIVE_SESSION): the session of the account that made the webhook has ended. Nothing is lost: the event stream tells what happened.`,
        hint: "Have the application authorised again in Box's Admin Console, or give the account new credentials.",
        details: { folderId: folder },
      },
    ];
  if (row.isSilent)
    return [
      {
        ...about,
        message: `Of the last ${expected} versions made in folder ${folder}, ${missing} were not delivered by its webhook within ten minutes. ${last}. Nothing is lost: the event stream and sweeps found them, later.`,
        hint: "It is compared with Box, and mended, by itself. If it stays silent, see that PUBLIC_URL reaches this service from outside with a certificate that Box trusts, and that the metric longshore_deliveries_total counts none refused or failed.",
        details: { folderId: folder, expected, missing, heardAt },
      },
    ];
  if (row.open === null || row.isHeardAgain) return [];
  const { message, hint, details } = row.open;
  return [{ ...about, message, hint: hint ?? undefined, details }];
}
