import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type SandboxGcs, startGcs } from "../sandbox/gcs/start.ts";
import { answerParent, type Calls } from "./processes.ts";

/** A version as the sandbox Box knows it. */
export interface Expected {
  fileId: string;
  versionId: string;
  sha1: string;
}

/** What the lake holds against what it should hold; all zero but `once` when it is right. */
export interface Audit {
  /** Versions that lie there exactly once, with their bytes. */
  once: number;
  missing: number;
  /** Written more than once, ever. */
  doubled: number;
  damaged: number;
  /** Nobody asked for these. */
  strange: number;
}

export interface GcsCalls extends Calls {
  start(options: { folder: string; buckets: string[] }): Promise<string>;
  /** Reads every object's bytes, and every generation that there ever was. */
  audit(options: { bucket: string; expected: Expected[] }): Promise<Audit>;
}

let gcs: SandboxGcs | undefined;
let root = "";

const calls: GcsCalls = {
  async start({ folder, buckets }) {
    root = join(folder, "lake");
    gcs = await startGcs({ root, state: join(folder, "lake-state"), buckets });
    return gcs.url;
  },

  async audit({ bucket, expected }) {
    if (!gcs) throw new Error("bug: not started");
    const wanted = new Map(expected.map((one) => [`${one.fileId}-${one.versionId}`, one.sha1]));
    const seen = new Set<string>();
    const audit: Audit = { once: 0, missing: 0, doubled: 0, damaged: 0, strange: 0 };
    for (const { name } of await gcs.history(bucket)) {
      const key = /(\d+-\d+)(\.[^/]*)?$/.exec(name)?.[1] ?? "";
      const sha1 = wanted.get(key);
      if (sha1 === undefined) audit.strange++;
      else if (seen.has(key)) audit.doubled++;
      else if (sha1Of(await readFile(join(root, bucket, name))) !== sha1) audit.damaged++;
      else audit.once++;
      seen.add(key);
    }
    audit.missing = expected.length - audit.once - audit.damaged;
    return audit;
  },
};

const sha1Of = (bytes: Buffer) => createHash("sha1").update(bytes).digest("hex");

answerParent(calls);
