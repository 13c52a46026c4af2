import type { IncidentNews } from "../core/incident.ts";
import type { Queryable } from "../db/open.ts";
import { goneVersions, UNREADY_HINT, unreadyContent } from "../db/stuck-versions.ts";

/** Versions that only Box keeps from the lake, one incident a source and cause. Reads only. */
export async function findStuckVersions(db: Queryable): Promise<IncidentNews[]> {
  return [...(await unreadyContent(db)).map(unready), ...(await goneVersions(db)).map(gone)];
}

type Found<Find extends (db: Queryable) => Promise<unknown[]>> = Awaited<ReturnType<Find>>[number];

const versions = (count: number) => (count === 1 ? "one version" : `${count} versions`);

const about = ({ source, account }: { source: string; account: string }) => ({
  subject: source,
  accountId: account,
  sourceId: source,
});

const unready = (row: Found<typeof unreadyContent>): IncidentNews => ({
  kind: "content_not_ready",
  ...about(row),
  message: `Box has not handed out the content of ${versions(row.count)} of the source “${row.name}” for more than an hour: ${row.reason.replace(/\.$/, "")}. Nothing is given up: it is asked for again and again, and lacks in the lake until then.`,
  hint: `${UNREADY_HINT} The page Failures names each.`,
  details: { versions: row.count },
  since: new Date(row.since),
});

function gone(row: Found<typeof goneVersions>): IncidentNews {
  const { lost, hidden, newest } = row;
  const parts = [
    ...(lost > 0 ? [`${versions(lost)} that Box holds no longer`] : []),
    ...(hidden > 0 ? [`${versions(hidden)} whose file Box does not show`] : []),
  ];
  return {
    kind: "versions_gone",
    ...about(row),
    message: `The lake lacks versions of the source “${row.name}” that were gone at Box before they could be stored: ${parts.join(", ")}. The completeness report names them for good.`,
    hint: "Restored at Box, from the trash or in the file's version history, they are fetched by themselves. If they were deleted on purpose or nobody can restore them, acknowledge this; it closes by itself 30 days after the last.",
    details: { lost, hidden, newest },
    since: new Date(row.since),
  };
}
