import type { View } from "./access.ts";
import { attributesOf } from "./attributes.ts";
import { boxTime } from "./clock.ts";
import { type Item, type Items, ROOT, type Version } from "./items.ts";
import type { People, User } from "./people.ts";
import { sharedLinkShape } from "./shared-links.ts";

export type Json = Record<string, unknown>;

/** How long Box keeps what is in the trash. */
const TRASH_MS = 30 * 24 * 3_600_000;

/** A user as Box mentions one; null for nobody. */
export const userMini = (user: User | undefined): Json | null =>
  user ? { type: "user", id: user.id, name: user.name, login: user.login } : null;

/** The root has no counters: it never changes. */
export const folderMini = (item: Item): Json =>
  item.id === ROOT
    ? { type: "folder", id: ROOT, sequence_id: null, etag: null, name: "All Files" }
    : {
        type: "folder",
        id: item.id,
        sequence_id: String(item.sequenceId),
        etag: String(item.etag),
        name: item.name,
      };

/** A version as Box mentions one beside its file. */
export const versionMini = (version: Version): Json => ({
  type: "file_version",
  id: version.id,
  sha1: version.sha1,
});

export type Shapes = ReturnType<typeof createShapes>;

/**
 * Items and versions as Box's published schemas write them. With `fields` an answer holds the
 * fields of the mini form and those asked for; without, those of the standard form.
 * https://developer.box.com/guides/api-calls/request-extra-fields/
 */
export function createShapes(items: Items, people: People) {
  const user = (id: string) => userMini(people.user(id));
  const ownerOf = (item: Item) => items.owner(item) ?? people.serviceUserId;
  const time = (ms: number | null) => (ms === null ? null : boxTime(ms));
  const purge = (ms: number | null) => (ms === null ? null : boxTime(ms + TRASH_MS));
  const current = ({ item }: View) => items.version(item.versionId ?? "");

  /** What the parent folder of an item in the trash was is not told. */
  const shared: Record<string, (view: View) => unknown> = {
    description: ({ item }) => attributesOf(item).description ?? "",
    path_collection: ({ item, path }) => {
      const shown = item.trashedAt === null ? path : [];
      return { total_count: shown.length, entries: shown.map(folderMini) };
    },
    created_at: ({ item }) => (item.id === ROOT ? null : time(item.createdAt)),
    modified_at: ({ item }) => (item.id === ROOT ? null : time(item.modifiedAt)),
    trashed_at: ({ item }) => time(item.trashedAt),
    purged_at: ({ item }) => purge(item.trashedAt),
    content_created_at: ({ item }) => (item.id === ROOT ? null : time(item.contentCreatedAt)),
    content_modified_at: ({ item }) => (item.id === ROOT ? null : time(item.contentModifiedAt)),
    created_by: ({ item }) => user(item.createdBy),
    modified_by: ({ item }) => user(item.modifiedBy),
    owned_by: ({ item }) => user(ownerOf(item)),
    shared_link({ item }) {
      const { sharedLink } = attributesOf(item);
      return sharedLink ? sharedLinkShape(item, sharedLink) : null;
    },
    parent: ({ item, parent }) => (parent && item.trashedAt === null ? folderMini(parent) : null),
    item_status: ({ item }) => (item.trashedAt === null ? "active" : "trashed"),
    tags: ({ item }) => attributesOf(item).tags ?? [],
    has_collaborations: () => false,
    is_externally_owned: ({ item }) => people.isOutsider(ownerOf(item)),
    permissions: ({ role }) => ({
      can_download: !["uploader", "previewer", "previewer uploader"].includes(role),
      can_rename: ["owner", "co-owner", "editor"].includes(role),
      can_delete: ["owner", "co-owner", "editor"].includes(role),
      can_upload: !["viewer", "previewer"].includes(role),
    }),
  };

  const file: Record<string, (view: View) => unknown> = {
    file_version: (view) => {
      const version = current(view);
      return version ? versionMini(version) : null;
    },
    sequence_id: ({ item }) => String(item.sequenceId),
    sha1: (view) => current(view)?.sha1,
    name: ({ item }) => item.name,
    size: (view) => current(view)?.size,
    ...shared,
    version_number: ({ item }) => String(items.versions(item.id).length),
    extension: ({ item }) => /\.([^.]+)$/.exec(item.name)?.[1] ?? "",
    uploader_display_name: (view) => people.user(current(view)?.createdBy ?? "")?.name,
    lock: ({ item }) => lockShape(item, people),
    is_package: () => false,
    comment_count: () => 0,
  };

  const folder: Record<string, (view: View) => unknown> = {
    sequence_id: ({ item }) => folderMini(item)["sequence_id"],
    name: ({ item }) => folderMini(item)["name"],
    size: () => 0,
    ...shared,
    folder_upload_email: () => null,
  };

  const select = (
    base: Json,
    table: Record<string, (view: View) => unknown>,
    view: View,
    names: readonly string[],
  ) => {
    const shape = base;
    for (const name of names) {
      const make = table[name];
      if (make) shape[name] = make(view);
    }
    return shape;
  };

  const etagOf = ({ item }: View) => (item.id === ROOT ? null : String(item.etag));

  return {
    item(view: View, fields?: readonly string[]): Json {
      const { id, type } = view.item;
      const [table, mini, standard] =
        type === "file" ? [file, FILE_MINI, FILE_STANDARD] : [folder, FOLDER_MINI, FOLDER_STANDARD];
      const names = fields ? [...mini, ...fields] : standard;
      return select({ type, id, etag: etagOf(view) }, table, view, names);
    },

    mini: (view: View): Json => {
      const { id, type } = view.item;
      const [table, names] = type === "file" ? [file, FILE_MINI] : [folder, FOLDER_MINI];
      return select({ type, id, etag: etagOf(view) }, table, view, names);
    },

    version(version: Version, fields?: readonly string[]): Json {
      const all: Json = {
        ...versionMini(version),
        name: version.name,
        size: version.size,
        created_at: boxTime(version.createdAt),
        modified_at: boxTime(version.createdAt),
        modified_by: user(version.createdBy),
        trashed_at: time(version.trashedAt),
        trashed_by: user(version.trashedBy ?? ""),
        restored_at: time(version.restoredAt),
        restored_by: user(version.restoredBy ?? ""),
        purged_at: purge(version.trashedAt),
        uploader_display_name: people.user(version.createdBy)?.name,
        version_number: String(version.ordinal),
      };
      const names = fields ? ["type", "id", "sha1", ...fields] : VERSION_STANDARD;
      return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
    },
  };
}

/** https://developer.box.com/reference/resources/file--full/#param-lock */
function lockShape(item: Item, { user }: People): Json | null {
  const { lock } = attributesOf(item);
  if (!lock) return null;
  return {
    type: "lock",
    id: lock.id,
    created_by: userMini(user(lock.by)),
    created_at: boxTime(lock.createdAt),
    expired_at: lock.expiresAt === null ? null : boxTime(lock.expiresAt),
    is_download_prevented: lock.preventsDownload,
    app_type: null,
  };
}

const FILE_MINI = ["file_version", "sequence_id", "sha1", "name"];
const FOLDER_MINI = ["sequence_id", "name"];

const SHARED_STANDARD = [
  "description",
  "size",
  "path_collection",
  "created_at",
  "modified_at",
  "trashed_at",
  "purged_at",
  "content_created_at",
  "content_modified_at",
  "created_by",
  "modified_by",
  "owned_by",
  "shared_link",
];
const FILE_STANDARD = [...FILE_MINI, ...SHARED_STANDARD, "parent", "item_status"];
const FOLDER_STANDARD = [
  ...FOLDER_MINI,
  ...SHARED_STANDARD,
  "folder_upload_email",
  "parent",
  "item_status",
];
const VERSION_STANDARD = [
  "type",
  "id",
  "sha1",
  "name",
  "size",
  "created_at",
  "modified_at",
  "modified_by",
  "trashed_at",
  "trashed_by",
  "restored_at",
  "restored_by",
  "purged_at",
  "uploader_display_name",
];
