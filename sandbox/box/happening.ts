import type { Access } from "./access.ts";
import type { Item, Items } from "./items.ts";
import type { People } from "./people.ts";
import type { Shapes } from "./shapes.ts";
import type { State } from "./state.ts";
import type { Webhooks } from "./webhooks.ts";

/** What Box calls one thing that can happen; absent where Box says nothing. */
interface Words {
  /** In a user's feed. */
  user?: string;
  /** In the enterprise's. */
  enterprise?: string;
  /** As a webhook trigger, behind `FILE.` or `FOLDER.`. */
  trigger?: string;
}

/**
 * A promoted version has no trigger, and what is deleted for good no event.
 * https://developer.box.com/guides/events/user-events/for-user/
 * https://developer.box.com/guides/webhooks/triggers/
 */
export const WORDS = {
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
} satisfies Record<string, Words>;

export interface Happening {
  kind: keyof typeof WORDS;
  /** As it is afterwards. */
  item: Item;
  by: string;
  now: number;
  oldName?: string;
  /** The folder it was in, for a move. */
  from?: Item;
}

/** What Box's events and webhooks call it. */
export const wordsFor = ({ kind }: Happening): Words => WORDS[kind];

/** What it takes to tell of it. */
export interface Tellers {
  state: State;
  items: Items;
  people: People;
  access: Access;
  shapes: Shapes;
  webhooks: Webhooks;
  /** False when whoever made the webhooks has no session any more. */
  hasSession: () => boolean;
}
