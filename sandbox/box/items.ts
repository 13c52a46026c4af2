import { countOf, type Row, type State } from "./state.ts";

export const ROOT = "0";

export interface Item {
  id: string;
  type: "file" | "folder";
  /** 0 for a folder, 1 for a file: the order of a listing. */
  kind: number;
  /** `null` for the root alone. */
  parentId: string | null;
  name: string;
  nameKey: string;
  /** Counts every change of the item; a promoted version brings its own one back. */
  etag: number;
  sequenceId: number;
  /** A file's current version. */
  versionId: string | null;
  createdAt: number;
  createdBy: string;
  modifiedAt: number;
  modifiedBy: string;
  contentCreatedAt: number;
  contentModifiedAt: number;
  trashedAt: number | null;
  /** Of `Attributes`, as JSON; nothing unless said. */
  attributes?: string;
  diskIdentity: string | null;
  diskSize: number | null;
  diskMtime: string | null;
}

export interface Version {
  id: string;
  fileId: string;
  ordinal: number;
  sha1: string;
  size: number;
  name: string;
  etag: number;
  createdAt: number;
  createdBy: string;
  contentCreatedAt: number;
  contentModifiedAt: number;
  trashedAt: number | null;
  restoredAt: number | null;
  trashedBy?: string | null;
  restoredBy?: string | null;
}

export type NewItem = Omit<Item, "kind">;

/** The tables are strict and their columns are those of the types. */
export const itemOf = (row: Row) => row as unknown as Item;
const versionOf = (row: Row) => row as unknown as Version;

/** A place in a listing. */
export type Place = Pick<Item, "kind" | "nameKey" | "id">;

export interface Page {
  /** Rows after this one, by type, name and id. */
  after?: Place | undefined;
  offset?: number;
  limit: number;
  /** By name, unless said. Not with `after`. */
  sort?: Sort | undefined;
}

/** What Box sorts a listing by, after the type. */
export interface Sort {
  by: keyof typeof SORTED_BY;
  direction: "ASC" | "DESC";
}

export const SORTED_BY = {
  name: "nameKey",
  id: "cast(id as integer)",
  date: "modifiedAt",
  size: "(select size from versions v where v.id = items.versionId)",
} as const;

export type Items = ReturnType<typeof createItems>;

/** The rows of files, folders and versions. Knows nothing of who may see them. */
export function createItems(state: State) {
  const get = (id: string) => state.one(itemOf, "select * from items where id = ?", id);

  /** From the root down to the parent. */
  function ancestors(item: Item): Item[] {
    const found: Item[] = [];
    for (let at = item.parentId; at !== null;) {
      const folder = get(at);
      if (!folder) break;
      found.unshift(folder);
      at = folder.parentId;
    }
    return found;
  }

  /** From the root down to the item itself. */
  const line = (item: Item) => [...ancestors(item), item];

  return {
    get,
    version: (id: string) => state.one(versionOf, "select * from versions where id = ?", id),

    /** Newest first, the current one among them. */
    versions: (fileId: string) =>
      state.all(versionOf, "select * from versions where fileId = ? order by ordinal desc", fileId),

    /** The item not in the trash that bears this name, in whatever case. */
    named: (parentId: string, key: string) =>
      state.one(
        itemOf,
        "select * from items where parentId = ? and nameKey = ? and trashedAt is null",
        parentId,
        key,
      ),

    /** Those that lie on the disk as this inode. */
    withIdentity: (identity: string) =>
      state.all(
        itemOf,
        "select * from items where diskIdentity = ? and trashedAt is null",
        identity,
      ),

    children(parentId: string, { after, offset = 0, limit, sort }: Page) {
      const from = after ?? { kind: -1, nameKey: "", id: "" };
      return state.all(
        itemOf,
        `select * from items where parentId = ? and trashedAt is null
         and (kind, nameKey, id) > (?, ?, ?)
         order by kind, ${sort ? `${SORTED_BY[sort.by]} ${sort.direction},` : ""} nameKey, id
         limit ? offset ?`,
        parentId,
        from.kind,
        from.nameKey,
        from.id,
        limit,
        offset,
      );
    },

    /** All that were themselves put in the trash. */
    trashed: () =>
      state.all(
        itemOf,
        "select * from items where trashedAt is not null order by kind, nameKey, id",
      ),

    countChildren: (parentId: string) =>
      state.one(
        countOf,
        "select count(*) as count from items where parentId = ? and trashedAt is null",
        parentId,
      )!,

    /** Everything in a folder and below, without what is in the trash. */
    countBelow: (folderId: string) =>
      state.one(
        countOf,
        `with recursive tree (id) as (
           select ? union all select items.id from items join tree on items.parentId = tree.id
           where items.trashedAt is null)
         select count(*) - 1 as count from tree`,
        folderId,
      )!,

    /**
     * Who put what is at the top of it in a root of their own, or was made its owner; otherwise the
     * tree's owner is.
     */
    owner: (item: Item) =>
      state.one(
        (row) => String(row["userId"]),
        "select userId from collaborations where itemId = ? and role = 'owner'",
        (ancestors(item)[1] ?? item).id,
      ),

    ancestors,
    line,
    /** It is in the trash, by itself or with a folder above it. */
    inTrash: (item: Item) => line(item).some(({ trashedAt }) => trashedAt !== null),

    insert(item: NewItem): Item {
      state.insert("items", item);
      return get(item.id)!;
    },

    /** Writes these columns and answers the item as it is then. */
    update(id: string, changes: Partial<Item>): Item {
      const columns = Object.keys(changes);
      state.run(
        `update items set ${columns.map((name) => `${name} = ?`).join(", ")} where id = ?`,
        ...Object.values(changes),
        id,
      );
      return get(id)!;
    },

    insertVersion(version: Version): Version {
      state.insert("versions", version);
      return version;
    },

    /** Forgets an item and everything below it for good. */
    erase(id: string) {
      const tree = `with recursive tree (id) as (
        select ? union all select items.id from items join tree on items.parentId = tree.id)`;
      state.run(`${tree} delete from versions where fileId in (select id from tree)`, id);
      state.run(`${tree} delete from collaborations where itemId in (select id from tree)`, id);
      state.run(`${tree} delete from webhooks where itemId in (select id from tree)`, id);
      state.run(`${tree} delete from items where id in (select id from tree)`, id);
    },
  };
}
