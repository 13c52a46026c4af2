import { join } from "node:path";
import { type Catalogue, openCatalogue } from "./catalogue.ts";
import { type Copies, createCopies } from "./copies.ts";
import { type LakeFiles, openLakeFiles } from "./files.ts";
import { createObjects, type Objects } from "./objects.ts";
import { openRecords, type Records } from "./records.ts";
import { createResumable } from "./resumable.ts";
import { openSessions, type Sessions } from "./sessions.ts";
import { createSingleUploads } from "./uploads.ts";

/** All that is kept, and the rules for changing it: what the routes work with. */
export interface Shelf {
  catalogue: Catalogue;
  files: LakeFiles;
  objects: Objects;
  sessions: Sessions;
  singleUploads: ReturnType<typeof createSingleUploads>;
  resumable: ReturnType<typeof createResumable>;
  copies: Copies;
  records: Records;
  addBucket(name: string, fields?: Record<string, unknown>): void;
  close(): void;
}

/** Opens the two folders, new or used; what a death interrupted is finished or undone first. */
export function openShelf(root: string, state: string): Shelf {
  const catalogue = openCatalogue(join(state, "gcs.sqlite"));
  const sessions = openSessions(catalogue);
  const files = openLakeFiles(root, state, catalogue);
  files.recover(sessions.openIds());
  const objects = createObjects(catalogue, files);
  return {
    catalogue,
    files,
    objects,
    sessions,
    singleUploads: createSingleUploads(objects, files),
    resumable: createResumable(sessions, objects, files),
    copies: createCopies(objects, files),
    records: openRecords(catalogue.db),
    addBucket(name, fields) {
      files.addBucket(name);
      catalogue.addBucket(name, fields);
    },
    close: () => catalogue.close(),
  };
}
