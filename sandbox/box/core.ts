import { type Access, createAccess } from "./access.ts";
import { type Announce, createAnnounce } from "./announce.ts";
import type { Content } from "./content.ts";
import { createItems, type Items, ROOT } from "./items.ts";
import { openPeople, type People } from "./people.ts";
import { createShapes, type Shapes } from "./shapes.ts";
import type { State } from "./state.ts";
import { createTree, type Tree } from "./tree.ts";
import { createWebhooks, type Webhooks } from "./webhooks.ts";

/** Everything that operations on the account need. */
export interface Core {
  state: State;
  items: Items;
  people: People;
  access: Access;
  shapes: Shapes;
  webhooks: Webhooks;
  content: Content;
  tree: Tree;
  announce: Announce;
  /** Says that there is something to deliver. */
  wake: () => void;
  now: () => number;
  /** One writer of tree and rows at a time, be it a request or the watcher. */
  alone: <T>(work: () => Promise<T>) => Promise<T>;
  /** Goes on with something that was answered for already; `settled` waits for it. */
  later: (work: () => Promise<void>) => void;
  settled: () => Promise<void>;
  copying: () => Copying;
  /** Past versions that Box's plan keeps; older ones are dropped. */
  keptVersions: () => number;
}

/** A folder copy of more items than `atOnce` is finished later, with a pause before each page. */
export interface Copying {
  atOnce: number;
  pauseMs: number;
}

interface Parts {
  root: string;
  state: State;
  content: Content;
  now: () => number;
  wake: () => void;
  keptVersions: () => number;
  copying: () => Copying;
  hasSession: () => boolean;
  log: (line: string) => void;
}

/** The parts that every act on the tree needs, put together once for a sandbox. */
export function createCore(parts: Parts): Core {
  const { root, state, content, now, wake, keptVersions, copying, hasSession } = parts;
  const items = createItems(state);
  const people = openPeople(state);
  const access = createAccess(state, items, people);
  const shapes = createShapes(items, people);
  const webhooks = createWebhooks(state, access, people);
  const tree = createTree(root, items, content);
  const tellers = { state, items, people, access, shapes, webhooks, hasSession };
  const announce = createAnnounce(tellers, wake);
  if (!items.get(ROOT)) plantRoot(items, people);
  const alone = createLock();
  return {
    state,
    items,
    people,
    access,
    shapes,
    webhooks,
    content,
    tree,
    announce,
    wake,
    now,
    alone,
    ...createBackground(parts.log),
    keptVersions,
    copying,
  };
}

function plantRoot(items: Items, people: People) {
  items.insert({
    id: ROOT,
    type: "folder",
    parentId: null,
    name: "All Files",
    nameKey: "all files",
    etag: 0,
    sequenceId: 0,
    versionId: null,
    trashedAt: null,
    createdAt: 0,
    createdBy: people.serviceUserId,
    modifiedAt: 0,
    modifiedBy: people.serviceUserId,
    contentCreatedAt: 0,
    contentModifiedAt: 0,
    diskIdentity: null,
    diskSize: null,
    diskMtime: null,
  });
}

/** Runs one piece of work after the other, in the order they were asked for. */
function createLock() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work);
    last = next;
    return next;
  };
}

/** Work that nobody waits for, and that nobody is told of when it fails. */
function createBackground(log: (line: string) => void) {
  const running = new Set<Promise<void>>();
  return {
    later(work: () => Promise<void>) {
      const done = work()
        .catch((error: unknown) => log(`The sandbox failed: ${String(error)}`))
        .finally(() => running.delete(done));
      running.add(done);
    },
    async settled() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}
