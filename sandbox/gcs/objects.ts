import { randomBytes } from "node:crypto";
import type { Catalogue } from "./catalogue.ts";
import type { Generation, ObjectFields } from "./generation.ts";
import { checkSums, createChecksums, type Sums } from "./checksums.ts";
import { noSuchBucket, noSuchObject } from "./errors.ts";
import type { LakeFiles } from "./files.ts";
import { checkPreconditions, type Preconditions } from "./preconditions.ts";
import { mergeFields } from "./resource.ts";
import { checkReleased, keptFields } from "./retention.ts";
import { plainPath } from "./names.ts";

/** Everything that is known about an upload when its last byte is there. */
export interface Upload {
  bucket: string;
  name: string;
  fields: ObjectFields;
  preconditions: Preconditions;
  /** Sums that the caller sent along; bytes with others are refused. */
  promised: Partial<Sums>;
  sizeBytes: number;
  sums: Sums;
  /** Name of the staged file. */
  staged: string;
  /** Called once nothing can refuse the upload any more: the staged file is complete afterwards. */
  save(): void;
}

/** The rules of objects: conditions, generations, and bytes and catalogue changed as one. */
export type Objects = ReturnType<typeof createObjects>;

/** Over one catalogue and the files that it names. */
export function createObjects(catalogue: Catalogue, files: LakeFiles) {
  function mustExist(bucket: string, name: string, generation: number | undefined): Generation {
    const live = catalogue.live(bucket, name);
    if (live && (generation === undefined || generation === live.generation)) return live;
    checkBucket(bucket);
    const ended = generation === undefined ? undefined : catalogue.byGeneration(generation);
    if (ended?.bucket === bucket && ended.name === name && files.isKept(ended)) return ended;
    throw noSuchObject(bucket, name);
  }

  function checkBucket(bucket: string): void {
    if (!catalogue.bucket(bucket)) throw noSuchBucket();
  }

  /** Refuses to end an object whose bytes must stay. In a versioned bucket they do, unless `forGood`. */
  function checkEndable(object: Generation, forGood = false): void {
    if (forGood || !files.isVersioned(object)) checkReleased(object);
  }

  /**
   * The upload becomes the live object, or is refused and nothing has changed. Runs without a
   * pause, so of two racers with `ifGenerationMatch: 0` exactly one gets here first.
   */
  function finalise(upload: Upload): Generation {
    const { bucket, name, sums } = upload;
    checkBucket(bucket);
    const previous = catalogue.live(bucket, name);
    checkPreconditions(upload.preconditions, previous, "write");
    if (previous) checkEndable(previous);
    checkSums(upload.promised, sums);
    upload.save();
    const now = new Date();
    const next: Generation = {
      bucket,
      name,
      generation: catalogue.nextGeneration(),
      metageneration: 1,
      sizeBytes: upload.sizeBytes,
      ...sums,
      fields: keptFields(catalogue.bucket(bucket)!.fields, upload.fields, now),
      finalisedAt: now,
      updatedAt: now,
      endedAt: undefined,
      path: plainPath(name),
      staged: upload.staged,
    };
    catalogue.add(next, previous);
    files.publish(next, previous);
    return next;
  }

  return {
    finalise,
    mustExist,
    checkBucket,
    checkEndable,

    /** Objects that appear without a request: somebody else's. */
    put(bucket: string, name: string, bytes: Uint8Array, fields: ObjectFields = {}): Generation {
      const checksums = createChecksums();
      checksums.update(bytes);
      const staged = newStagedName();
      return finalise({
        bucket,
        name,
        fields,
        preconditions: {},
        promised: {},
        sizeBytes: bytes.length,
        sums: checksums.finish(),
        staged,
        save: () => files.writeStaged(staged, bytes),
      });
    },

    describe(
      object: Generation,
      resource: Record<string, unknown>,
      preconditions: Preconditions,
      replace: boolean,
    ): Generation {
      checkPreconditions(preconditions, object, "write");
      const next: Generation = {
        ...object,
        fields: mergeFields(replace ? {} : object.fields, resource),
        metageneration: object.metageneration + 1,
        updatedAt: new Date(),
      };
      catalogue.describe(next);
      return next;
    },

    /** With `forGood` a versioned bucket, too, keeps nothing of it. */
    remove(object: Generation, preconditions: Preconditions, forGood = false): void {
      checkPreconditions(preconditions, object, "write");
      checkEndable(object, forGood);
      if (object.endedAt) files.drop(object);
      else files.withdraw(object, () => catalogue.end(object.generation), forGood);
    },
  };
}

/** Unique without a random number for each of a million objects. */
export const newStagedName = () => `${PROCESS}-${++stagedCount}`;

const PROCESS = randomBytes(8).toString("hex");
let stagedCount = 0;
