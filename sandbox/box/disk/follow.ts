import { recordTrash } from "../account/trash.ts";
import type { Core } from "../core.ts";
import { ROOT } from "../items.ts";
import { footprint, look } from "../tree.ts";
import { createIntake } from "./intake.ts";
import { lies, type Scan, scanFolder } from "./scan.ts";
import { createWatchers } from "./watchers.ts";

export interface Follower {
  /** Resolves when the disk has been looked over since and nothing on it waits to be recorded. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

interface Parts {
  core: Core;
  root: string;
  quietMs: number;
  log: (line: string) => void;
}

/** A look over the whole tree at least this often, whatever the watches say. */
const REGULAR_MS = 5_000;

/**
 * Keeps the rows equal to the disk. Watches only wake it; every truth is found by comparing a
 * folder with its rows, and the whole tree at the start, at regular times, and before anything is
 * put in the trash, since what is missing in one place may have moved to another.
 */
export function followDisk({ core, root, quietMs, log }: Parts): Follower {
  const by = core.people.serviceUserId;
  const dirty = new Set<string>();
  /** Rows that lie nowhere, and since when. */
  const missing = new Map<string, number>();
  const refused = new Set<string>();
  let everything = true;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let closed = false;
  let waiting: (() => void)[] = [];
  let lastPassMs = 0;

  const intake = createIntake(core, by, log, ask);
  const watchers = createWatchers(root, ask, log);
  const scan: Scan = {
    core,
    by,
    quietMs,
    refuse(path, reason) {
      if (!refused.has(path)) log(`Box cannot hold ${path}: ${reason}`);
      refused.add(path);
    },
  };

  function ask(folderId?: string) {
    if (folderId === undefined) everything = true;
    else dirty.add(folderId);
    wakeIn(soon());
  }

  /** A large folder takes a while to look at; files are to be taken in meanwhile, too. */
  const soon = () => Math.max(quietMs / 2, 3 * lastPassMs);

  let wakeAt = Infinity;
  function wakeIn(ms: number) {
    const at = Date.now() + ms;
    if (closed || running || at >= wakeAt) return;
    clearTimeout(timer);
    wakeAt = at;
    timer = setTimeout(() => {
      wakeAt = Infinity;
      running = pass().finally(() => {
        running = undefined;
        next();
      });
    }, ms);
  }

  const pending = () => everything || dirty.size > 0 || missing.size > 0 || intake.busy();

  function next() {
    if (!pending()) {
      for (const resolve of waiting) resolve();
      waiting = [];
      return wakeIn(Math.max(REGULAR_MS, 20 * lastPassMs));
    }
    if (missing.size > 0 || everything || dirty.size > 0) wakeIn(soon());
  }

  async function pass(): Promise<void> {
    const startedAt = Date.now();
    // A regular look, a first one, or one for what is missing.
    const whole = everything || dirty.size === 0 || missing.size > 0;
    const folders = whole ? [ROOT] : [...dirty];
    everything = false;
    dirty.clear();
    const seen = new Set<string>();
    try {
      for (const id of folders) {
        if (closed) return;
        const deeper = await lookAt(id);
        seen.add(id);
        folders.push(...(whole ? deeper.folders : deeper.made));
      }
      if (whole) {
        watchers.keepOnly(seen);
        await judgeMissing(startedAt);
      }
    } catch (error) {
      if (!closed) log(`Looking at the disk failed: ${String(error)}`);
      everything = true;
    }
    lastPassMs = Date.now() - startedAt;
  }

  async function lookAt(folderId: string) {
    return core.alone(async () => {
      const folder = closed ? undefined : core.items.get(folderId);
      // Another may lie at the path of one in the trash.
      if (!folder || core.items.inTrash(folder)) return { folders: [], made: [] };
      const path = core.tree.pathOf(folder);
      const stats = await look(path);
      if (!stats?.isDirectory()) {
        if (folder.parentId !== null) dirty.add(folder.parentId);
        return { folders: [], made: [] };
      }
      // Watched before it is read: what comes in between wakes another look.
      watchers.cover(folderId, path, footprint(stats).diskIdentity);
      const found = await scanFolder(scan, folder);
      for (const candidate of found.changed) intake.add(candidate);
      for (const { id } of found.missing) if (!missing.has(id)) missing.set(id, Date.now());
      if (found.unquiet) dirty.add(folderId);
      return found;
    });
  }

  /** Whoever is missing since before a whole look began, and was not met in it, has gone. */
  async function judgeMissing(lookedSince: number) {
    for (const [id, since] of missing)
      await core.alone(async () => {
        const item = closed ? undefined : core.items.get(id);
        const parent = item && core.items.get(item.parentId ?? "");
        // Of a whole folder that has gone only the folder is trashed.
        const settled =
          !item ||
          core.items.inTrash(item) ||
          (await lies(core, item)) ||
          (parent !== undefined && !(await lies(core, parent)));
        if (settled) missing.delete(id);
        else if (lookedSince - since >= quietMs) {
          missing.delete(id);
          core.state.transaction(() => recordTrash(core, by, item));
        }
      });
  }

  wakeIn(0);
  return {
    settled() {
      if (closed) return Promise.resolve();
      return new Promise<void>((resolve) => {
        waiting.push(resolve);
        ask();
      });
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      watchers.close();
      await Promise.all([running, intake.close()]);
      for (const resolve of waiting) resolve();
    },
  };
}
