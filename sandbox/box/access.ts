import { attributesOf } from "./attributes.ts";
import { type Item, itemOf, type Items, ROOT } from "./items.ts";
import type { People } from "./people.ts";
import { blocked, forbidden, locked, notFound, trashed } from "./refusal.ts";
import type { State } from "./state.ts";

/** From the least to the most that one may do. */
export const ROLES = [
  "uploader",
  "previewer",
  "previewer uploader",
  "viewer",
  "viewer uploader",
  "editor",
  "co-owner",
  "owner",
] as const;
export type Role = (typeof ROLES)[number];

/** https://support.box.com/hc/en-us/articles/360044196413 */
const MAY = {
  see: ROLES,
  download: ["viewer", "viewer uploader", "editor", "co-owner", "owner"],
  upload: ["uploader", "previewer uploader", "viewer uploader", "editor", "co-owner", "owner"],
  change: ["editor", "co-owner", "owner"],
  share: ["editor", "co-owner", "owner"],
} as const satisfies Record<string, readonly Role[]>;
export type Deed = keyof typeof MAY;

/** An item as one user sees it. */
export interface View {
  item: Item;
  role: Role;
  /** From the root down to the parent, without what this user may not see. */
  path: Item[];
  /** Absent at the top of what was shared, as Box leaves it out. */
  parent: Item | undefined;
}

export type Access = ReturnType<typeof createAccess>;

/**
 * Who may do what. The service account owns the tree; everybody else sees in their root what was
 * shared with them and what they put there themselves. On the disk all roots are one folder, so the
 * service account, unlike Box's, sees the roots of all, those of other enterprises as if it had been
 * invited to everything in them.
 */
export function createAccess(state: State, items: Items, people: People) {
  const shared = (userId: string, itemId: string) =>
    state.one(
      (row) => row["role"] as Role,
      "select role from collaborations where userId = ? and itemId = ?",
      userId,
      itemId,
    );

  /** The item as this user sees it, in the tree or in the trash; `undefined` if not at all. */
  function view(userId: string, item: Item): View | undefined {
    const ancestors = items.ancestors(item);
    if (userId === people.serviceUserId)
      return { item, role: "owner", path: ancestors, parent: ancestors.at(-1) };
    if (item.id === ROOT) return { item, role: "owner", path: [], parent: undefined };
    const line = [...ancestors, item];
    const roles = line.map((one) => shared(userId, one.id));
    const top = roles.findIndex((role) => role !== undefined);
    if (top === -1) return undefined;
    const role = roles.reduce<Role>(
      (best, next) => (next && ROLES.indexOf(next) > ROLES.indexOf(best) ? next : best),
      "uploader",
    );
    const below = line.slice(top, -1);
    return { item, role, path: [line[0]!, ...below], parent: below.at(-1) };
  }

  const busy = new Set<string>();

  /** Busy folders let nothing be put into them, nor be changed, moved or trashed with what is above. */
  function isBlocked(deed: Deed, item: Item): boolean {
    if (busy.size === 0 || (deed !== "upload" && deed !== "change")) return false;
    if (items.line(item).some(({ id }) => busy.has(id))) return true;
    const holds = (folder: Item | undefined) =>
      folder !== undefined && items.ancestors(folder).some(({ id }) => id === item.id);
    return deed === "change" && [...busy].some((id) => holds(items.get(id)));
  }

  function find(userId: string, type: Item["type"], id: string): View {
    const item = items.get(id);
    const found = item?.type === type ? view(userId, item) : undefined;
    if (!found) throw notFound(type);
    return found;
  }

  return {
    view,

    /** Refuses changes of these folders and below them until the answer is called. */
    block(folderIds: string[]): () => void {
      for (const id of folderIds) busy.add(id);
      return () => {
        for (const id of folderIds) busy.delete(id);
      };
    },

    /** The item if it is in the tree and this user may do that to it; else Box's refusal. */
    need(userId: string, type: Item["type"], id: string, deed: Deed = "see"): View {
      const found = find(userId, type, id);
      if (items.inTrash(found.item)) throw trashed();
      if (!(MAY[deed] as readonly Role[]).includes(found.role)) throw forbidden();
      if (isBlocked(deed, found.item)) throw blocked();
      const { lock } = attributesOf(found.item);
      const barred = deed === "change" || (deed === "download" && lock?.preventsDownload);
      if (lock && lock.by !== userId && barred) throw locked();
      return found;
    },

    /** Whether the item is in the tree for this user. */
    shows(userId: string, { id }: Pick<Item, "id">): boolean {
      const item = items.get(id);
      return item !== undefined && view(userId, item) !== undefined && !items.inTrash(item);
    },

    /** A file in the tree, or one that is itself in the trash; below a trashed folder nothing shows. */
    needShown(userId: string, id: string): View {
      const found = find(userId, "file", id);
      if (items.ancestors(found.item).some((one) => one.trashedAt !== null)) throw trashed();
      return found;
    },

    /** The item if it was itself put in the trash, whether or not its old folder still is. */
    needTrashed(userId: string, type: Item["type"], id: string): View {
      const found = find(userId, type, id);
      if (found.item.trashedAt === null) throw notFound(type);
      return found;
    },

    /** What somebody else than the tree's owner puts in their root is theirs. */
    claim(item: Item): void {
      const { id, parentId, createdAt, createdBy } = item;
      if (parentId !== ROOT || createdBy === people.serviceUserId) return;
      const row = { id: state.newId(), itemId: id, userId: createdBy, role: "owner" };
      state.insert("collaborations", { ...row, createdAt, createdBy });
    },

    /** Everybody who sees it. */
    readers: (item: Item) =>
      people.all().flatMap(({ id }) => {
        const found = view(id, item);
        return found ? [{ userId: id, view: found }] : [];
      }),

    /** What was shared with this user directly: the content of their root. */
    sharedWith: (userId: string) =>
      state.all(
        itemOf,
        `select items.* from items join collaborations on collaborations.itemId = items.id
         where collaborations.userId = ? and items.trashedAt is null
         order by items.kind, items.nameKey, items.id`,
        userId,
      ),
  };
}
