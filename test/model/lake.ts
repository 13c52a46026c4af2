import type { StoredObject } from "../../sandbox/gcs/start.ts";
import { type KnownSource, keyOf, type VersionKey } from "./journal.ts";
import { NAMINGS, PLACES, readingIn, readingOf } from "./names.ts";
import type { Scene } from "./scene.ts";

/** What the lake holds of one source, with its bytes. */
export type Kept = Map<VersionKey, number>;

/** Objects by source, and what is wrong with them whatever the model says. */
export async function lakeOf(scene: Scene) {
  const sha1s = await md5BySha1(scene);
  const held = new Map<string, Kept>();
  const faults: string[] = [];
  for (const { endedAt, ...object } of await everything(scene)) {
    const { name, metadata, md5Hash, size } = object;
    if (endedAt) faults.push(`${name} was overwritten or deleted`);
    const ids = {
      fileId: metadata["box-file-id"] ?? "",
      versionId: metadata["box-version-id"] ?? "",
    };
    const key = keyOf(ids.fileId, ids.versionId);
    const source = metadata["longshore-source-id"] ?? "";
    const keys: Kept = held.get(source) ?? new Map();
    if (keys.has(key)) faults.push(`${name} is the second object of ${key}`);
    held.set(source, keys.set(key, size));
    const real = sha1s.get(key);
    if (real && (real.md5 !== md5Hash || real.size !== size))
      faults.push(`${name} does not hold the bytes of ${key}`);
    if (real && metadata["box-sha1"] !== real.sha1) faults.push(`${name} names another SHA-1`);
    const known = scene.journal.sources.find(({ id }) => id === source);
    faults.push(...(known ? misnomers(known, object, ids) : [`${name} is of no source`]));
  }
  return { faults, bySource: (id: string): Kept => held.get(id) ?? new Map() };
}

/** What was ever created, and in which bucket. */
async function everything({ house }: Scene) {
  const buckets = Object.values(PLACES).map(async ({ bucket }) =>
    (await house.gcs.history(bucket)).map((object) => ({ ...object, bucket })),
  );
  return (await Promise.all(buckets)).flat();
}

/** What is wrong with how an object is called and described. */
function misnomers(
  { slug, naming, place, asked, files }: KnownSource,
  { bucket: keptIn, name, metadata }: StoredObject & { bucket: string },
  ids: { fileId: string; versionId: string },
): string[] {
  const path = metadata["box-path"] ?? "";
  const wrong: string[] = [];
  const { bucket, prefix } = PLACES[place];
  if (bucket !== keptIn) wrong.push(`${name} lies in ${keptIn}`);
  if (name !== `${prefix}/${slug}/${NAMINGS[naming](path, ids)}`)
    wrong.push(`${name} is not what the source calls ${path}`);
  if (!files.get(ids.fileId)?.paths.has(path)) wrong.push(`${name} never lay at ${path}`);
  const readings = asked.map(({ pathTemplate }) => readingOf(pathTemplate, path));
  if (!readings.includes(readingIn(metadata)))
    wrong.push(`${name} says ${readingIn(metadata)} of its path`);
  return wrong;
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
