import { sql } from "drizzle-orm";
import { rows } from "../../src/db/open.ts";
import { BUCKET } from "../support/house.ts";
import { type KnownSource, keyOf, type VersionKey } from "./journal.ts";
import type { Scene } from "./scene.ts";

/** What is not as it must be, one sentence each; empty when the lake equals the model. */
export async function differences(scene: Scene): Promise<string[]> {
  const lake = await lakeOf(scene);
  return [
    ...lake.faults,
    ...scene.journal.sources.flatMap((source) => compare(scene, source, lake.bySource(source.id))),
    ...(await debts(scene)),
    ...(await failedJobs(scene)),
    ...errorsIn(scene.house.lines),
  ];
}

function compare(scene: Scene, source: KnownSource, held: Set<VersionKey>): string[] {
  const { must, may } = scene.journal.expected(source);
  const named = `${source.slug} (${source.mask})`;
  const missing = source.paused ? [] : [...must].filter(([key]) => !held.has(key));
  const foreign = [...held].filter((key) => {
    const [fileId = "", versionId = ""] = key.split("/");
    return !may(fileId, versionId);
  });
  return [
    ...missing.map(([key, path]) => `${named} lacks ${key} of ${path}: ${describe(scene, key)}`),
    ...foreign.map((key) => `${named} holds ${key}, for which it never asked`),
  ];
}

/** What Box has to say of a version, for the reader of a report. */
function describe({ account }: Scene, key: VersionKey): string {
  const [fileId = "", versionId = ""] = key.split("/");
  const versions = account.versions(fileId);
  const at = versions.findIndex(({ id }) => id === versionId);
  return `version ${versions.length - at} of ${versions.length}`;
}

/** Objects by source, and what is wrong with them whatever the model says. */
async function lakeOf(scene: Scene) {
  const sha1s = await md5BySha1(scene);
  const held = new Map<string, Set<VersionKey>>();
  const faults: string[] = [];
  for (const { name, endedAt, metadata, md5Hash, size } of await scene.house.gcs.history(BUCKET)) {
    if (endedAt) faults.push(`${name} was overwritten or deleted`);
    const key = keyOf(metadata["box-file-id"] ?? "", metadata["box-version-id"] ?? "");
    const source = metadata["longshore-source-id"] ?? "";
    const keys = held.get(source) ?? new Set();
    if (keys.has(key)) faults.push(`${name} is the second object of ${key}`);
    held.set(source, keys.add(key));
    const real = sha1s.get(key);
    if (real && (real.md5 !== md5Hash || real.size !== size))
      faults.push(`${name} does not hold the bytes of ${key}`);
    if (real && metadata["box-sha1"] !== real.sha1) faults.push(`${name} names another SHA-1`);
  }
  return { faults, bySource: (id: string) => held.get(id) ?? new Set<VersionKey>() };
}

/** Of every version that Box still holds, what its bytes are. */
async function md5BySha1({ journal, account, bytes }: Scene) {
  const found = new Map<VersionKey, { sha1: string; md5: string; size: number }>();
  const files = new Set(journal.sources.flatMap(({ files }) => [...files.keys()]));
  for (const fileId of files)
    for (const { id, sha1, size } of account.versions(fileId)) {
      const md5 = bytes.get(sha1);
      if (md5 === undefined) throw new Error(`bug: nobody made the bytes of ${sha1}`);
      found.set(keyOf(fileId, id), { sha1, md5, size });
    }
  return found;
}

interface Debt {
  what: string;
  state: string;
  reason: string | null;
  fileId: string | null;
  versionId: string | null;
  folderId: string | null;
}

/** Debts that are left although Box still has, and shows, what they are about. */
async function debts({ house, account, boxUserId }: Scene): Promise<string[]> {
  const left = await rows<Debt>(
    house.db,
    sql`
      select 'object' as what, o.state, o.failure_reason as reason, file_id as "fileId",
        version_id as "versionId", null as "folderId"
      from objects o join sources s on s.id = o.source_id and s.state = 'active'
      where o.state not in ('stored', 'withdrawn')
      union all
      select 'check', state, failure_reason, file_id, null, null from checks
      union all
      select 'walk', w.state, w.failure_reason, null, null, w.folder_id from walks w
      left join sources s on s.id = w.source_id
      where w.state not in ('done', 'withdrawn') and s.state is distinct from 'paused'`,
  );
  return left
    .filter(({ fileId, versionId, folderId }) => {
      const isShown = account.sees(boxUserId, {
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

async function failedJobs({ house }: Scene): Promise<string[]> {
  const failed = await rows<{ task: string; error: string }>(
    house.db,
    sql`
      select t.identifier as task, j.last_error as error from graphile_worker._private_jobs j
      join graphile_worker._private_tasks t on t.id = j.task_id where j.last_error is not null`,
  );
  return failed.map(({ task, error }) => `a job ${task} failed: ${error}`);
}

/** What the service logged as its own fault. */
function errorsIn(lines: string[]): string[] {
  return lines.filter((line) => (JSON.parse(line) as { level: number }).level >= 50);
}
