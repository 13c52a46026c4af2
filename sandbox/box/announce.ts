import { createHash, randomUUID } from "node:crypto";
import type { Access, View } from "./access.ts";
import { boxTime } from "./clock.ts";
import type { Item, Items } from "./items.ts";
import type { People } from "./people.ts";
import { folderMini, type Json, type Shapes, userMini } from "./shapes.ts";
import type { State } from "./state.ts";
import type { Webhooks } from "./webhooks.ts";
import { phpJson } from "./wire.ts";

/**
 * What Box calls each thing that can happen: in a user's feed, in the enterprise's, and as a
 * webhook trigger (behind `FILE.` or `FOLDER.`). A promoted version has no trigger, and what is
 * deleted for good no event.
 * https://developer.box.com/guides/events/user-events/for-user/
 * https://developer.box.com/guides/webhooks/triggers/
 */
const KINDS = {
  created: { user: "ITEM_CREATE", enterprise: "UPLOAD", trigger: "CREATED" },
  uploaded: { user: "ITEM_UPLOAD", enterprise: "UPLOAD", trigger: "UPLOADED" },
  edited: { user: "ITEM_UPLOAD", enterprise: "EDIT", trigger: "UPLOADED" },
  promoted: { user: "ITEM_MAKE_CURRENT_VERSION", enterprise: "FILE_VERSION_RESTORE" },
  version_restored: { enterprise: "FILE_VERSION_RESTORE" },
  copied: { user: "ITEM_COPY", enterprise: "COPY", trigger: "COPIED" },
  moved: { user: "ITEM_MOVE", enterprise: "MOVE", trigger: "MOVED" },
  renamed: { user: "ITEM_RENAME", enterprise: "RENAME", trigger: "RENAMED" },
  trashed: { user: "ITEM_TRASH", enterprise: "DELETE", trigger: "TRASHED" },
  restored: { user: "ITEM_UNDELETE_VIA_TRASH", enterprise: "UNDELETE", trigger: "RESTORED" },
  deleted: { trigger: "DELETED" },
  downloaded: { user: "ITEM_DOWNLOAD", enterprise: "DOWNLOAD", trigger: "DOWNLOADED" },
  shared: { user: "COLLAB_ADD_COLLABORATOR", enterprise: "COLLABORATION_INVITE" },
} satisfies Record<string, { user?: string; enterprise?: string; trigger?: string }>;

export interface Happening {
  kind: keyof typeof KINDS;
  /** As it is afterwards. */
  item: Item;
  by: string;
  now: number;
  oldName?: string;
  /** The folder it was in, for a move. */
  from?: Item;
}

export type Announce = (happening: Happening) => void;

interface Parts {
  state: State;
  items: Items;
  people: People;
  access: Access;
  shapes: Shapes;
  webhooks: Webhooks;
  /** Says that there is something to deliver. */
  wake: () => void;
}

/**
 * Writes the events and owes the deliveries of something that happened; to be called in the
 * transaction that makes it happen.
 */
export function createAnnounce(parts: Parts): Announce {
  const { state, items, people, access, shapes, webhooks } = parts;

  function addEvent(userId: string | null, type: string, happening: Happening, body: Json) {
    state.insert("events", {
      userId,
      type,
      everythingOnly: happening.kind === "downloaded" ? 1 : 0,
      createdAt: happening.now,
      body: JSON.stringify(body),
    });
  }

  function announceToUsers(type: string, happening: Happening) {
    const event = eventBase(type, happening);
    // Only the owner is told of a new collaboration; the collaborator finds the folder.
    const readers = access
      .readers(happening.item)
      .filter(({ userId }) => happening.kind !== "shared" || userId === people.serviceUserId);
    for (const { userId, view } of readers)
      addEvent(userId, type, happening, { ...event, source: userSource(view) });
  }

  function userSource(view: View): Json {
    const source = shapes.item(view);
    return view.item.trashedAt === null ? source : { ...source, item_status: "deleted" };
  }

  /** Enterprise events name things in their own way, and tell neither content nor path. */
  function announceToEnterprise(type: string, happening: Happening) {
    const { item } = happening;
    const parent = item.parentId === null ? undefined : items.get(item.parentId);
    const version = items.version(item.versionId ?? "");
    const { type: _, id, name } = parent ? folderMini(parent) : { type: "", id: null, name: null };
    addEvent(null, type, happening, {
      ...eventBase(type, happening),
      source: {
        item_type: item.type,
        item_id: item.id,
        item_name: item.name,
        parent: parent ? { type: "folder", name, id } : null,
        owned_by: userMini(people.user(people.serviceUserId)),
      },
      ip_address: "127.0.0.1",
      additional_details: version ? { size: version.size, version_id: version.id } : null,
    });
  }

  const eventBase = (type: string, happening: Happening): Json => ({
    type: "event",
    event_id: createHash("sha1").update(randomUUID()).digest("hex"),
    event_type: type,
    created_at: boxTime(happening.now),
    recorded_at: boxTime(happening.now),
    created_by: userMini(people.user(happening.by)),
    session_id: null,
  });

  function owe(trigger: string, happening: Happening) {
    const { item, from } = happening;
    const line = (at: Item) => [...items.ancestors(at), at].map(({ id }) => id);
    const here = line(item);
    const before = from ? line(from) : [];
    // The same for every webhook; a move into a folder is a second thing to tell.
    const id = randomUUID();
    const enteredId = randomUUID();
    for (const hook of webhooks.on([...new Set([...here, ...before])])) {
      const view = access.view(hook.userId, item);
      if (!view) continue;
      const send = (trigger: string, id: string) => {
        if (!hook.triggers.includes(trigger)) return;
        const body = deliveryBody(id, trigger, view);
        state.insert("deliveries", {
          webhookId: hook.id,
          trigger,
          body: phpJson({ ...body, webhook: { id: hook.id, type: "webhook" } }),
          dueAt: happening.now,
        });
      };
      send(`${item.type.toUpperCase()}.${trigger}`, id);
      // The guide says that a file moved into the folder counts as uploaded to it, too.
      const entered = from && here.includes(hook.itemId) && !before.includes(hook.itemId);
      if (entered && item.type === "file") send("FILE.UPLOADED", enteredId);
    }
    parts.wake();

    function deliveryBody(id: string, trigger: string, view: View): Json {
      const gone = trigger.endsWith(".TRASHED") || trigger.endsWith(".DELETED");
      return {
        type: "webhook_event",
        id,
        created_at: boxTime(happening.now),
        trigger,
        webhook: null,
        created_by: userMini(people.user(happening.by)),
        source: gone ? { id: item.id, type: item.type } : webhookSource(view),
        additional_info: additionalInfo(trigger, happening),
      };
    }
  }

  function webhookSource(view: View): Json {
    const { type, id, ...rest } = shapes.item(view);
    return { id, type, ...rest };
  }

  return (happening) => {
    const kind: { user?: string; enterprise?: string; trigger?: string } = KINDS[happening.kind];
    if (kind.user) announceToUsers(kind.user, happening);
    if (kind.enterprise) announceToEnterprise(kind.enterprise, happening);
    if (kind.trigger) owe(kind.trigger, happening);
  };
}

/** Box writes an empty list where there is nothing to add, an object otherwise. */
function additionalInfo(trigger: string, { oldName, from, item }: Happening): Json | [] {
  if (trigger.endsWith(".RENAMED")) return { old_name: oldName };
  if (trigger.endsWith(".MOVED") && from)
    return {
      before: { id: from.id, type: "folder" },
      after: { id: item.parentId, type: "folder" },
    };
  return [];
}
