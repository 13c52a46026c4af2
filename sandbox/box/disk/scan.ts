import { readdir } from "node:fs/promises";
import type { BigIntStats } from "node:fs";
import { join } from "node:path";
import { recordFolder } from "../account/folders.ts";
import { recordMove } from "../account/moves.ts";
import type { Core } from "../core.ts";
import { type Item, ROOT } from "../items.ts";
import { nameFault, nameKey } from "../names.ts";
import { type Footprint, footprint, look } from "../tree.ts";

/** A file on the disk whose content Box does not have yet, or may not have. */
export interface Candidate {
  parentId: string;
  name: string;
  path: string;
}

export interface Findings {
  changed: Candidate[];
  /** Rows whose file or folder does not lie where it should: moved, or gone. */
  missing: Item[];
  /** Folders that became known. */
  made: string[];
  /** All folders in it. */
  folders: string[];
  /** Something was touched too recently to be judged. */
  unquiet: boolean;
}

export interface Scan {
  core: Core;
  by: string;
  quietMs: number;
  /** Told of what Box cannot hold. */
  refuse: (path: string, reason: string) => void;
}

interface Entry {
  name: string;
  path: string;
  type: Item["type"];
  stats: BigIntStats;
  on: Footprint;
}

/** How many entries are looked at together. */
const BATCH = 64;

/**
 * Compares one folder on the disk with its rows. New folders and whatever was renamed or moved here
 * are recorded at once; content is left to be taken in. A path that is known stays the same item,
 * whatever inode lies there now; an inode that is known is a move when its old path is vacant.
 * Left alone are names that Box refuses, names that differ from another only in case, and whatever
 * is neither file nor folder.
 * To be called with the account's lock held.
 */
export async function scanFolder(scan: Scan, folder: Item): Promise<Findings> {
  const { core } = scan;
  const found: Findings = { changed: [], missing: [], made: [], folders: [], unquiet: false };
  const entries = await readEntries(scan, core.tree.pathOf(folder));
  // What cannot be read has not gone; if the folder itself has, its parent will tell.
  if (!entries) return found;
  const rows = new Map(
    core.items
      .children(folder.id, { limit: Number.MAX_SAFE_INTEGER })
      .map((row) => [row.name, row]),
  );

  const unknown: Entry[] = [];
  for (const entry of entries) {
    const row = rows.get(entry.name);
    if (row?.type !== entry.type) {
      unknown.push(entry);
      continue;
    }
    rows.delete(entry.name);
    compare(scan, found, folder, row, entry);
  }
  found.missing.push(...rows.values());
  for (const entry of unknown) await meet(scan, found, folder, entry);
  return found;
}

/** A path that is known. */
function compare({ core, quietMs }: Scan, found: Findings, folder: Item, row: Item, entry: Entry) {
  const { on, path, name } = entry;
  if (row.type === "folder") {
    found.folders.push(row.id);
    if (row.diskIdentity !== on.diskIdentity) core.items.update(row.id, on);
  } else if (differs(row, on)) {
    if (isQuiet(entry, quietMs)) found.changed.push({ parentId: folder.id, name, path });
    else found.unquiet = true;
  }
}

/** A path that is not known: something new, or something known that came from elsewhere. */
async function meet(scan: Scan, found: Findings, folder: Item, entry: Entry): Promise<void> {
  const { core, by, quietMs, refuse } = scan;
  const { name, path, type, on } = entry;
  const fault = nameFault(name);
  if (fault !== undefined) return refuse(path, fault);

  const taken = core.items.named(folder.id, nameKey(name));
  const onlyInCase = taken?.type === type && taken.diskIdentity === on.diskIdentity;
  if (taken && !onlyInCase) {
    if (await lies(core, taken)) return refuse(path, "item_name_in_use");
    // Its name will be free when the other is found to have gone.
    found.unquiet = true;
    return;
  }
  if (type === "file" && !isQuiet(entry, quietMs)) {
    found.unquiet = true;
    return;
  }
  const mover = onlyInCase ? taken : await moverOf(core, entry, folder);
  if (mover) {
    const moved = core.state.transaction(() => recordMove(core, by, mover, folder.id, name));
    compare(scan, found, folder, moved, entry);
  } else if (type === "folder") {
    const made = core.state.transaction(() => {
      const item = recordFolder(core, by, { parentId: folder.id, name, on });
      core.announce({ kind: "created", item, by, now: core.now() });
      return item;
    });
    found.made.push(made.id);
    found.folders.push(made.id);
  } else found.changed.push({ parentId: folder.id, name, path });
}

async function moverOf(core: Core, { on, type }: Entry, folder: Item): Promise<Item | undefined> {
  const above = new Set(core.items.line(folder).map(({ id }) => id));
  for (const item of core.items.withIdentity(on.diskIdentity)) {
    const inTree = core.items.ancestors(item).every(({ trashedAt }) => trashedAt === null);
    if (item.type !== type || !inTree || item.id === ROOT || above.has(item.id)) continue;
    if (!(await look(core.tree.pathOf(item)))) return item;
  }
  return undefined;
}

/** True when a file or folder, as the row says, lies at the row's path. */
export async function lies(core: Core, item: Item): Promise<boolean> {
  const stats = await look(core.tree.pathOf(item));
  return stats !== undefined && typeOf(stats) === item.type;
}

const typeOf = (stats: BigIntStats): Item["type"] | undefined =>
  stats.isDirectory() ? "folder" : stats.isFile() ? "file" : undefined;

/** True when what lies on the disk is another thing, or was written since its row was. */
export const differs = (row: Footprint | Item, on: Footprint) =>
  row.diskIdentity !== on.diskIdentity ||
  row.diskSize !== on.diskSize ||
  row.diskMtime !== on.diskMtime;

/**
 * Written, renamed or touched long enough ago. The inode's own time cannot be set by programs, as
 * that of the content can; a clock that went back must not hold a file for ever.
 */
const isQuiet = ({ stats }: Entry, quietMs: number) =>
  Math.abs(Date.now() - Number(stats.ctimeNs / 1_000_000n)) >= quietMs;

async function readEntries({ refuse }: Scan, folder: string): Promise<Entry[] | undefined> {
  const names = await readdir(folder).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES") return refuse(folder, "not readable");
    if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
  });
  if (!names) return undefined;
  const entries: Entry[] = [];
  for (let at = 0; at < names.length; at += BATCH) {
    const seen = await Promise.all(
      names.slice(at, at + BATCH).map(async (name) => {
        const path = join(folder, name);
        const stats = await look(path);
        if (!stats) return undefined;
        const type = typeOf(stats);
        if (!type) return refuse(path, "neither file nor folder");
        return { name, path, type, stats, on: footprint(stats) };
      }),
    );
    entries.push(...seen.filter((entry) => entry !== undefined));
  }
  return entries;
}
