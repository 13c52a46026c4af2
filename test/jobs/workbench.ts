import { createHash, randomUUID } from "node:crypto";
import type { BoxClient, BoxFile, BoxFolder, ItemsPage } from "../../src/box/client.ts";
import type { FolderFact, VersionFact } from "../../src/core/change.ts";
import { Failure } from "../../src/core/failure.ts";
import { fileId, folderId, versionId } from "../../src/core/ids.ts";
import type { Database } from "../../src/db/open.ts";
import { createHeldLeases } from "../../src/jobs/held-leases.ts";
import type { JobDeps } from "../../src/jobs/task.ts";
import type { LakeObject, LakeStore } from "../../src/lake/store.ts";
import { createLog } from "../../src/log.ts";
import { createSecrets } from "../../src/secrets.ts";
import { INBOX, NOON } from "../support/seed.ts";

export const NEVER = new AbortController().signal;

/** What Box says of a version with these bytes. */
export const factOf = (id: string, text: string, name = "plate.csv"): VersionFact => ({
  versionId: versionId(id),
  sha1: createHash("sha1").update(text).digest("hex"),
  sizeBytes: Buffer.byteLength(text),
  name,
  uploadedBy: undefined,
  createdAt: NOON,
  contentCreatedAt: undefined,
  contentModifiedAt: undefined,
});

/** What Box says of a file in the inbox whose current version is this one. */
export const fileOf = (
  id: string,
  version: VersionFact | undefined,
  rest: Partial<BoxFile> = {},
): BoxFile => ({
  fileId: fileId(id),
  name: version?.name ?? "plate.csv",
  etag: "0",
  parentId: folderId("10"),
  ancestors: INBOX,
  trashed: false,
  version,
  ...rest,
});

export const folderOf = (id: string, ancestors: FolderFact[]): BoxFolder => ({
  folderId: folderId(id),
  name: `Folder ${id}`,
  parentId: ancestors.at(-1)?.folderId,
  ancestors,
  trashed: false,
});

export const pageOf = (page: Partial<ItemsPage> = {}): ItemsPage => ({
  files: [],
  folders: [],
  others: 0,
  nextMarker: undefined,
  ...page,
});

/** A Box whose every answer a test writes: what it has not written fails the test by name. */
export function scriptBox(script: Partial<BoxClient> = {}) {
  const calls: string[] = [];
  const answers: Partial<BoxClient> = { ...script };
  const client = new Proxy({} as BoxClient, {
    get(_target, name: keyof BoxClient | "then") {
      // What a promise answers is asked whether it is a promise itself.
      if (name === "then") return undefined;
      return (...given: unknown[]) => {
        calls.push([name, ...given.filter((one) => typeof one === "string")].join(" "));
        const answer = answers[name] as ((...given: unknown[]) => unknown) | undefined;
        if (!answer) throw new Error(`nobody told the Box of this test about ${name}`);
        return answer(...given);
      };
    },
  });
  return { client, calls, answers };
}

/** A lake in memory that keeps the contract of `LakeStore`; `failure` makes the next create fail. */
export function createMemoryLake() {
  const objects = new Map<string, LakeObject>();
  const state: { failure: Failure | undefined } = { failure: undefined };
  const store: LakeStore = {
    uri: "gs://lake",
    async create({ name, sizeBytes, sha1, metadata, source, signal }) {
      const { failure } = state;
      state.failure = undefined;
      if (failure) throw failure;
      const chunks: Uint8Array[] = [];
      for await (const chunk of source) chunks.push(chunk);
      signal?.throwIfAborted();
      const bytes = Buffer.concat(chunks);
      if (bytes.length !== sizeBytes || createHash("sha1").update(bytes).digest("hex") !== sha1)
        throw new Failure("mismatch", "The bytes are not those of the recorded fact");
      const known = objects.get(name);
      if (known) return { outcome: "adopted", object: known };
      const generation = String(objects.size + 1);
      const object = { name, generation, sizeBytes, crc32c: "AAAAAA==", metadata };
      objects.set(name, { ...object, createdAt: NOON });
      return { outcome: "created", object: { ...object, createdAt: NOON } };
    },
    look: (name) => Promise.resolve(objects.get(name)),
    probe: () => Promise.resolve(),
  };
  return { store, objects, state };
}

export async function* bytesOf(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

/** Everything that jobs are made of, around one Box and one lake; waits are never spread. */
export function workbench(db: Database, box: ReturnType<typeof scriptBox>) {
  const lake = createMemoryLake();
  const lines: string[] = [];
  const odd: string[] = [];
  const deps: JobDeps = {
    db,
    boxes: { of: () => Promise.resolve(box.client), trial: () => box.client },
    lake: lake.store,
    prefix: "",
    webhookBase: undefined,
    worker: randomUUID(),
    held: createHeldLeases(),
    log: createLog("debug", { write: (line) => void lines.push(line) }),
    sweepEveryMs: 24 * 60 * 60 * 1000,
    retentionDays: 30,
    random: () => 0,
    secrets: createSecrets(new Uint8Array(32)),
    countOddEvents: (stream, events) => void odd.push(`${events} of ${stream}`),
  };
  return { deps, lake, lines, odd };
}
