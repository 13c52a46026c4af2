import { contentTypeOf } from "../core/content-type.ts";
import type { Turn } from "../core/purse.ts";
import { describeObject } from "../core/object-metadata.ts";
import { gather } from "../db/gather.ts";
import {
  finishObjects,
  type LeasedObject,
  leaseObjects,
  type StoredObject,
} from "../db/object-leases.ts";
import { differences } from "../lake/object-resource.ts";
import type { Created, LakeObject, WantedObject } from "../lake/store.ts";
import { mayWait } from "../operations/enqueue.ts";
import { lookCloser } from "./look-closer.ts";
import { settleFailure } from "./set-back.ts";
import type { Handler, JobDeps } from "./task.ts";

/**
 * Pays one object: fetches exactly its version from Box and creates it in the lake, proved. A
 * second job for the same object finds nothing to do; a worker that lost its lease meanwhile, or did
 * not hear that it succeeded, has created at most the same object, which the next one adopts without
 * asking Box, where the version may be gone by then.
 *
 * Jobs that run side by side lease and finish their rows together, so that a hundred small files
 * cost a few commits.
 */
export function createStoreVersion(
  deps: Pick<JobDeps, "db" | "boxes" | "lake" | "worker" | "held" | "log" | "random">,
): Handler<"store_version"> {
  const lease = gather(async (ids: number[]) => {
    const leased = await leaseObjects(deps.db, deps.worker, ids);
    // Two jobs for one object may stand in one batch: only the first gets it.
    return ids.map((id, index) => (ids.indexOf(id) === index ? leased.get(id) : undefined));
  });
  const finish = gather(async (stored: StoredObject[]) => {
    const done = await finishObjects(deps.db, deps.worker, stored);
    return stored.map(({ id }) => done.has(id));
  });

  return ({ objectId }, signal) =>
    deps.held.during("objects", objectId, async () => {
      const owed = await lease(objectId);
      if (!owed) return { outcome: "idle" };
      try {
        const { outcome, object } = await land(deps, owed, signal);
        const { generation, crc32c, sizeBytes } = object;
        const { id, lease } = owed;
        const kept = await finish({ id, lease, generation, crc32c, sizeBytes });
        if (!kept) return { outcome: "idle" };
        return { outcome: "done", note: NOTES[outcome], fields: fieldsOf(owed) };
      } catch (error) {
        const box = () => deps.boxes.of(owed.accountId, turnOf(owed));
        const cause = await lookCloser({ db: deps.db, box, signal }, owed, error);
        return settleFailure(deps, "objects", owed, cause, signal);
      }
    });
}

const NOTES = { created: "Stored", adopted: "Found stored already" } as const;

/** Sources take turns, and what may wait stands back. */
const turnOf = (owed: LeasedObject): Turn => ({
  urgency: mayWait(owed.priority) ? "backfill" : "news",
  key: owed.sourceId,
});

const fieldsOf = (owed: LeasedObject) => ({
  "file.id": owed.fileId,
  "version.id": owed.versionId,
  "source.id": owed.sourceId,
  "account.id": owed.accountId,
  size_bytes: owed.sizeBytes,
});

async function land(
  { boxes, lake }: Pick<JobDeps, "boxes" | "lake">,
  owed: LeasedObject,
  signal: AbortSignal,
): Promise<Created> {
  const wanted = wantedOf(owed);
  // An attempt before may have created it, though nobody heard that: a look costs less than the bytes.
  const lying = owed.lease > 1 ? await lake.look(owed.name, signal, owed.bucket) : undefined;
  if (lying && isPaidBy(lying, owed, wanted)) return { outcome: "adopted", object: lying };
  const box = await boxes.of(owed.accountId, turnOf(owed));
  const source = await box.download(owed.fileId, owed.versionId, signal);
  return lake.create({ ...wanted, source, signal });
}

const wantedOf = (owed: LeasedObject) => ({
  bucket: owed.bucket,
  name: owed.name,
  sizeBytes: owed.sizeBytes,
  sha1: owed.sha1,
  contentType: contentTypeOf(owed.path),
  metadata: describeObject(owed).metadata,
});

/** Of an object that was stored, only its own generation will do. */
const isPaidBy = (lying: LakeObject, { generation }: LeasedObject, wanted: WantedObject) =>
  generation === undefined
    ? differences(lying, wanted, undefined).length === 0
    : lying.generation === generation;
