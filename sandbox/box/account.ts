import { Readable } from "node:stream";
import { collaborate, endCollaboration, type Share } from "./account/collaborations.ts";
import { type Copy, copy } from "./account/copies.ts";
import { createFolder } from "./account/folders.ts";
import { type Move, move } from "./account/moves.ts";
import { deleteForever, type Restore, restore, type Trash, trash } from "./account/trash.ts";
import { type Upload, upload, uploadVersion, type VersionUpload } from "./account/uploads.ts";
import { promote, restoreVersion, trashVersion, type VersionOf } from "./account/versions.ts";
import type { Core } from "./core.ts";
import { type Item, ROOT, type Version } from "./items.ts";
import type { Json } from "./shapes.ts";

type Bytes = string | Uint8Array | AsyncIterable<Uint8Array>;
type WithBytes<T> = Omit<T, "kept"> & { bytes: Bytes };
/** An item by itself, as every operation answers it. */
export type Ref = Pick<Item, "id" | "type">;

/** A file and its current version. */
export interface FileNow {
  file: Item;
  version: Version;
}

export type Account = ReturnType<typeof createAccount>;

/**
 * The account as tests and people drive it: the operations that the HTTP API offers, with the same
 * events and deliveries. `by` is the acting user, the owner of the tree unless said otherwise.
 */
export function createAccount(core: Core, defaultUser = core.people.serviceUserId) {
  const keep = (bytes: Bytes) =>
    core.content.keep(
      typeof bytes === "string" || bytes instanceof Uint8Array
        ? Readable.from([Buffer.from(bytes)])
        : bytes,
    );
  const now = (file: Item): FileNow => ({ file, version: core.items.version(file.versionId!)! });

  return {
    async upload({ bytes, ...rest }: WithBytes<Upload>, by = defaultUser): Promise<FileNow> {
      return now(await upload(core, by, { ...rest, kept: await keep(bytes) }));
    },
    async uploadVersion({ bytes, ...rest }: WithBytes<VersionUpload>, by = defaultUser) {
      return now(await uploadVersion(core, by, { ...rest, kept: await keep(bytes) }));
    },
    createFolder: (folder: { parentId: string; name: string }, by = defaultUser) =>
      createFolder(core, by, folder),
    copy: (request: Copy, by = defaultUser) => copy(core, by, request),
    move: (item: Ref, parentId: string, by = defaultUser) =>
      move(core, by, { id: item.id, type: item.type, parentId }),
    rename: (item: Ref, name: string, by = defaultUser) =>
      move(core, by, { id: item.id, type: item.type, name }),
    /** Both at once. */
    change: (request: Move, by = defaultUser) => move(core, by, request),
    trash: (item: Ref, by = defaultUser, options: Partial<Trash> = {}) =>
      trash(core, by, { recursive: true, ...options, id: item.id, type: item.type }),
    restore: (item: Ref, options: Partial<Restore> = {}, by = defaultUser) =>
      restore(core, by, { ...options, id: item.id, type: item.type }),
    deleteForever: (item: Ref, by = defaultUser) => deleteForever(core, by, item),
    promote: (request: VersionOf, by = defaultUser) => promote(core, by, request),
    trashVersion: (request: VersionOf, by = defaultUser) => trashVersion(core, by, request),
    restoreVersion: (request: VersionOf, by = defaultUser) => restoreVersion(core, by, request),
    collaborate: (request: Share, by = defaultUser): Promise<Json> =>
      collaborate(core, by, request),
    endCollaboration: (id: string, by = defaultUser) => endCollaboration(core, by, id),

    /** Somebody of another enterprise; what they put in their root is that enterprise's. */
    outsider: (name: string) =>
      core.people.add({
        id: core.state.newId(),
        name,
        login: `${name.toLowerCase().replaceAll(" ", ".")}@elsewhere.example.com`,
        enterpriseId: core.state.newId(),
      }),

    item: (id: string) => core.items.get(id),
    /** Whether this user finds it, and not in the trash. */
    sees: (userId: string, item: Ref): boolean => core.access.shows(userId, item),
    /** Newest first, the current one among them. */
    versions: (fileId: string) => core.items.versions(fileId),
    /** What is in a folder now. */
    list: (folderId: string = ROOT): Item[] =>
      core.items.children(folderId, { limit: Number.MAX_SAFE_INTEGER }),
    /** The item at a path below the root, as in `reports/2026/run.csv`. */
    at(path: string): Item | undefined {
      let found = core.items.get(ROOT);
      for (const name of path.split("/").filter(Boolean))
        found &&= core.items.named(found.id, name.toLowerCase());
      return found;
    },
  };
}
