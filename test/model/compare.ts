import { sql } from "drizzle-orm";
import { rows } from "../../src/db/open.ts";
import { inWords } from "./asks.ts";
import type { KnownSource, VersionKey } from "./journal.ts";
import { type Kept, lakeOf } from "./lake.ts";
import type { Scene } from "./scene.ts";

/** What is not as it must be, one sentence each; empty when the lake equals the model. */
export async function differences(scene: Scene): Promise<string[]> {
  const lake = await lakeOf(scene);
  return [
    ...lake.faults,
    ...scene.journal.sources.flatMap((source) => compare(scene, source, lake.bySource(source.id))),
    ...afterTheEnd(scene, lake.bySource),
    ...(await debts(scene)),
    ...(await failedJobs(scene)),
    ...errorsIn(scene),
  ];
}

function compare(scene: Scene, source: KnownSource, held: Kept): string[] {
  const { must, may } = scene.journal.expected(source);
  const isIdle = source.paused || source.ended || source.reader.paused;
  const named = `${source.slug} of the ${source.reader.subject} (${inWords(source.asks)})`;
  const missing = isIdle ? [] : [...must].filter(([key]) => !held.has(key));
  const foreign = [...held.keys()].filter((key) => !may(key));
  return [
    ...missing.map(([key, path]) => `${named} lacks ${key} of ${path}: ${describe(scene, key)}`),
    ...foreign.map((key) => `${named} holds ${key}, for which it never asked`),
  ];
}

/** What came to sources after they were deleted; whatever was under way then ended before the first rest. */
function afterTheEnd({ journal, left }: Scene, keptBy: (id: string) => Kept): string[] {
  const slugs = journal.sources.map(({ slug }) => slug);
  const twice = slugs.filter((slug, index) => slugs.indexOf(slug) !== index);
  return [
    ...twice.map((slug) => `${slug} was given twice`),
    ...journal.sources.flatMap(({ id, slug, ended }) => {
      if (!ended) return [];
      const { size } = keptBy(id);
      const before = left.get(id) ?? size;
      left.set(id, before);
      return before === size ? [] : [`${slug} was deleted with ${before} objects, and has ${size}`];
    }),
  ];
}

/** What Box has to say of a version, for the reader of a report. */
function describe({ account }: Scene, key: VersionKey): string {
  const [fileId = "", versionId = ""] = key.split("/");
  const versions = account.versions(fileId);
  const at = versions.findIndex(({ id }) => id === versionId);
  return `version ${versions.length - at} of ${versions.length}`;
}

interface Debt {
  what: string;
  accountId: string;
  state: string;
  reason: string | null;
  fileId: string | null;
  versionId: string | null;
  folderId: string | null;
}

/** Debts that are left although Box still has, and shows, what they are about. */
async function debts({ house, account, readers }: Scene): Promise<string[]> {
  const left = await rows<Debt>(
    house.db,
    sql`
      select 'object' as what, s.account_id as "accountId", o.state, o.failure_reason as reason, file_id as "fileId",
        version_id as "versionId", null as "folderId"
      from objects o join sources s on s.id = o.source_id and s.state <> 'paused'
      where o.state not in ('stored', 'withdrawn')
      union all
      select 'check', account_id, state, failure_reason, file_id, null, null from checks
      union all
      select 'walk', w.account_id, w.state, w.failure_reason, null, null, w.folder_id from walks w
      left join sources s on s.id = w.source_id
      where w.state not in ('done', 'withdrawn') and s.state is distinct from 'paused'
        -- Whose folder was away for a while: signals and sweeps list it again, a person may replay it.
        and not (s.id is not null and w.state = 'given_up'
          and w.failure in ('not_found', 'forbidden'))`,
  );
  return left
    .filter(({ accountId, fileId, versionId, folderId }) => {
      const reader = readers.find(({ id }) => id === accountId);
      if (!reader || reader.paused || reader.ended) return false;
      const isShown = account.sees(reader.boxUserId, {
        id: fileId ?? folderId ?? "",
        type: fileId ? "file" : "folder",
      });
      const held = fileId ? account.versions(fileId) : [];
      const isHeld = held.some(({ id, trashedAt }) => id === versionId && trashedAt === null);
      return isShown && (versionId === null || isHeld);
    })
    .map(
      ({ what, state, reason, fileId, versionId, folderId }) =>
        `the ${what} of ${[fileId, versionId, folderId].filter(Boolean).join("/")} is ${state}: ${reason ?? "no reason"}`,
    );
}

async function failedJobs({ house, running }: Scene): Promise<string[]> {
  const failed = await rows<{ task: string; error: string }>(
    house.db,
    sql`
      select t.identifier as task, j.last_error as error from graphile_worker._private_jobs j
      join graphile_worker._private_tasks t on t.id = j.task_id where j.last_error is not null`,
  );
  // Of a statement that failed the log says more.
  const isLoss = (error: string) =>
    LOST.test(error) || error.endsWith("a database statement failed");
  return failed
    .filter(({ error }) => !(running.hadTrouble && isLoss(error)))
    .map(({ task, error }) => `a job ${task} failed: ${error}`);
}

/** What the service logged as its own fault; of a lost database the queue has much to say, which is none of it. */
function errorsIn({ house, running }: Scene): string[] {
  return house.lines.filter((line) => {
    const { level, task } = JSON.parse(line) as { level: string; task?: string };
    if (level !== "error" && level !== "fatal") return false;
    return !running.hadTrouble || (task !== undefined && !LOST.test(line));
  });
}

/** How it is told that a connection to the database has ended. */
const LOST =
  /CONNECTION_(CLOSED|ENDED|DESTROYED)|ECONNRESET|ECONNREFUSED|EPIPE|Connection terminated/;
