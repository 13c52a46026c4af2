import { lstat, mkdir, rename, rm } from "node:fs/promises";
import type { BigIntStats } from "node:fs";
import { join } from "node:path";
import { type Content, moveInto } from "./content.ts";
import { type Item, type Items, ROOT } from "./items.ts";

/** What tells one state of something on the disk from another. */
export interface Footprint {
  diskIdentity: string;
  diskSize: number;
  diskMtime: string;
}

/**
 * The inode alone would not do: the next file often gets the number of the last deleted one. Its
 * time of birth tells them apart.
 */
export const footprint = (stats: BigIntStats): Footprint => ({
  diskIdentity: `${stats.ino}-${stats.birthtimeNs}`,
  diskSize: Number(stats.size),
  diskMtime: String(stats.mtimeNs),
});

/** What lies there, or `undefined`. Links are not followed. */
export async function look(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

export type Tree = ReturnType<typeof createTree>;

/** The account's tree on the disk. Whoever writes it holds the account's lock. */
export function createTree(root: string, items: Items, content: Content) {
  function pathOf(item: Item): string {
    const names = items
      .line(item)
      .filter(({ id }) => id !== ROOT)
      .map(({ name }) => name);
    return join(root, ...names);
  }

  const childPath = (parentId: string, name: string) => {
    const parent = items.get(parentId);
    if (!parent) throw new Error(`bug: folder ${parentId} is not there`);
    return join(pathOf(parent), name);
  };

  const seen = async (path: string) => {
    const stats = await look(path);
    if (!stats) throw new Error(`${path} vanished while it was written`);
    return footprint(stats);
  };

  return {
    pathOf,
    childPath,

    async writeFile(parentId: string, name: string, sha1: string): Promise<Footprint> {
      const path = childPath(parentId, name);
      await moveInto(await content.copyOf(sha1), path);
      return seen(path);
    },

    async writeFolder(parentId: string, name: string): Promise<Footprint> {
      const path = childPath(parentId, name);
      await mkdir(path, { recursive: true });
      return seen(path);
    },

    async move(item: Item, parentId: string, name: string): Promise<void> {
      const [from, to] = [pathOf(item), childPath(parentId, name)];
      if (from !== to && (await look(from))) await rename(from, to);
    },

    remove: (item: Item) => rm(pathOf(item), { recursive: true, force: true }),
  };
}
