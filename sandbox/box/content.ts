import { createHash, randomUUID } from "node:crypto";
import { constants, createReadStream, createWriteStream } from "node:fs";
import { copyFile, mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";

export interface Kept {
  /** Lower-case hexadecimal. */
  sha1: string;
  size: number;
}

export interface Content {
  /** Keeps what the stream yields. Memory does not grow with it. */
  keep(bytes: AsyncIterable<Uint8Array>): Promise<Kept>;
  /**
   * Keeps a file as it is now. It is copied first and then hashed, so that what is kept is what
   * was hashed even if the file changes meanwhile.
   */
  keepFile(path: string): Promise<Kept>;
  /** Where bytes kept earlier lie. They never change. */
  pathOf(sha1: string): string;
  /** A copy of kept bytes, to be moved where it is wanted. */
  copyOf(sha1: string): Promise<string>;
}

/** Every content that was ever uploaded, once, under its SHA-1. */
export async function openContent(folder: string): Promise<Content> {
  const kept = join(folder, "content");
  const drafts = join(folder, "drafts");
  // A draft of an earlier life belongs to nobody.
  await rm(drafts, { recursive: true, force: true });
  await mkdir(drafts, { recursive: true });
  const draft = () => join(drafts, randomUUID());
  const pathOf = (sha1: string) => join(kept, sha1.slice(0, 2), sha1);

  async function settle(path: string, found: Kept): Promise<Kept> {
    const target = pathOf(found.sha1);
    await mkdir(dirname(target), { recursive: true });
    await rename(path, target);
    return found;
  }

  return {
    async keep(bytes) {
      const path = draft();
      const meter = createMeter();
      try {
        await pipeline(meter.measure(bytes), createWriteStream(path));
        return await settle(path, meter.result());
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    },
    async keepFile(source) {
      const path = draft();
      try {
        await copyFile(source, path, constants.COPYFILE_FICLONE);
        const meter = createMeter();
        // A buffer no larger than the file: thousands of small ones would be mostly garbage.
        const { size } = await stat(path);
        const highWaterMark = Math.min(Math.max(size, 1), 1 << 20);
        for await (const _ of meter.measure(createReadStream(path, { highWaterMark })));
        return await settle(path, meter.result());
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    },
    pathOf,
    async copyOf(sha1) {
      const path = draft();
      await copyFile(pathOf(sha1), path, constants.COPYFILE_FICLONE);
      return path;
    },
  };
}

/** Moves a draft into the tree, also when the tree lies on another disk. */
export async function moveInto(draft: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await rename(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    await copyFile(draft, path);
    await rm(draft);
  }
}

function createMeter() {
  const hash = createHash("sha1");
  let size = 0;
  return {
    measure: async function* (bytes: AsyncIterable<Uint8Array>) {
      for await (const part of bytes) {
        hash.update(part);
        size += part.length;
        yield part;
      }
    },
    result: (): Kept => ({ sha1: hash.digest("hex"), size }),
  };
}
