import { isUuid } from "../../core/ids.ts";
import { metadataFaults } from "../../core/source-faults.ts";
import { findAccountSummary } from "../../db/account-list.ts";
import { listDifferences } from "../../db/completeness.ts";
import { listMetadataFields } from "../../db/metadata-fields.ts";
import type { Database } from "../../db/open.ts";
import { findSource, type SourceProgress } from "../../db/source-progress.ts";
import { askedSource, newestDoubt, newestProof } from "../../db/source-proof.ts";
import { listSweeps } from "../../db/sweeps.ts";
import { type ObjectState, searchVersions } from "../../db/version-search.ts";
import { findWebhook } from "../../db/webhook-list.ts";
import { proveCompleteness } from "../../operations/completeness.ts";
import { forecastBackfills } from "../../operations/forecast-backfills.ts";
import { cutPage } from "../cut-page.ts";
import type { HttpDeps } from "../deps.ts";
import { bucketOf } from "../object-uri.ts";
import { address } from "./address.ts";
import type { CompletenessProps } from "./parts/completeness.tsx";
import type { SourcePageProps } from "./source.tsx";

const VERSIONS = 50;
const SWEEPS = 5;
const DIFFERENCES = 10;

/** With more on the way than this, what is lacking is counted by the report alone, not every two seconds. */
const COMPARED_AT_MOST = 5_000;

const USUAL_NAME = "<path>/<file name>/<file id>-<version id><extension>";

/** Which versions are listed: of all, those in this state, or those whose path does not fit; older than this one. */
interface AskedVersions {
  state?: ObjectState | undefined;
  misfit?: boolean | undefined;
  before?: number | undefined;
}

/** What a source's page shows; undefined when there is no such source. */
export async function readSource(
  deps: Pick<HttpDeps, "db" | "lake" | "prefix" | "callsPerMinute">,
  id: string,
  { state, misfit, before }: AskedVersions,
): Promise<SourcePageProps | undefined> {
  const { db, lake, prefix } = deps;
  const source = isUuid(id) ? await findSource(db, id) : undefined;
  if (!source) return undefined;
  const [account, found, fields, sweeps, webhook, completeness, forecasts] = await Promise.all([
    findAccountSummary(db, source.accountId),
    searchVersions(db, { sourceId: id, state, misfit, after: before, limit: VERSIONS + 1 }),
    listMetadataFields(db),
    listSweeps(db, id, { limit: SWEEPS }),
    findWebhook(db, source),
    readCompleteness(db, source),
    forecastBackfills(deps, [source]),
  ]);
  const { shown: versions, last } = cutPage(found, VERSIONS);
  const path = `/sources/${id}`;
  const asked = { state, misfit: misfit ? "true" : undefined };
  return {
    source,
    stream: account?.stream,
    objectNames: [source.prefix ?? prefix, source.slug, source.nameTemplate ?? USUAL_NAME]
      .filter((part) => part !== "")
      .join("/"),
    bucket: bucketOf(source, lake),
    metadataFaults: metadataFaults(source, fields),
    heardAt: webhook?.heardAt ?? undefined,
    forecast: forecasts.get(id),
    completeness,
    sweeps,
    versions,
    state,
    misfit: misfit ?? false,
    path: address(path, { ...asked, before }),
    paged: before !== undefined,
    older: last && address(path, { ...asked, before: last.objectId }),
    now: new Date(),
  };
}

async function readCompleteness(db: Database, source: SourceProgress): Promise<CompletenessProps> {
  const asked = askedSource(source);
  const owed = source.counts.pending + source.counts.waiting;
  if (owed > COMPARED_AT_MOST) {
    const proof = await newestProof(db, asked.sourceId);
    return { id: source.id, proof, doubt: await newestDoubt(db, asked, proof), owed };
  }
  const { proof, doubt, ...compared } = await proveCompleteness(db, asked);
  const differences = await listDifferences(db, asked, proof, {
    failed: true,
    limit: DIFFERENCES,
  });
  return { id: source.id, proof, doubt, owed, compared: { ...compared, differences } };
}
