import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Catalogue } from "./catalogue.ts";
import type { Generation } from "./generation.ts";
import { escapedPath, plainPath } from "./names.ts";

/**
 * The lake folder. A file appears in it whole, by a rename, after the catalogue has it; bytes on
 * their way wait in `staging`, which must lie on the same file system.
 */
export type LakeFiles = ReturnType<typeof openLakeFiles>;

/** Opens the folders that it needs, and makes those that are missing. */
export function openLakeFiles(root: string, state: string, catalogue: Catalogue) {
  const staging = join(state, "staging");
  mkdirSync(root, { recursive: true });
  const noncurrent = join(state, "noncurrent");
  mkdirSync(staging, { recursive: true });
  mkdirSync(noncurrent, { recursive: true });

  const pathOf = (object: Pick<Generation, "bucket" | "path"> & Partial<Generation>) =>
    object.endedAt
      ? join(noncurrent, String(object.generation))
      : join(root, object.bucket, object.path);
  const stagedPath = (staged: string) => join(staging, staged);

  /** Puts the staged file where the object's name says, and says where that was. */
  function place(object: Pick<Generation, "bucket" | "name" | "staged">): string {
    for (const path of [plainPath(object.name), escapedPath(object.name)]) {
      if (renameInto(stagedPath(object.staged), pathOf({ bucket: object.bucket, path })))
        return path;
    }
    throw new Error(`bug: no path for ${object.name}`);
  }

  function remove(object: Pick<Generation, "bucket" | "path">): void {
    rmSync(pathOf(object), { force: true });
    pruneFolders(dirname(pathOf(object)), join(root, object.bucket));
  }

  /** Whether the object's bucket keeps what is overwritten or deleted. */
  const isVersioned = ({ bucket }: Generation) => {
    const versioning = catalogue.bucket(bucket)?.fields["versioning"];
    return (versioning as { enabled?: boolean } | undefined)?.enabled === true;
  };

  /** Keeps the bytes of a generation that ends. One that dies in the middle of this loses them. */
  function setAside(object: Generation): void {
    if (existsSync(pathOf(object)))
      renameSync(pathOf(object), join(noncurrent, String(object.generation)));
  }

  return {
    root,
    staging,
    pathOf,
    stagedPath,
    isVersioned,

    writeStaged(staged: string, bytes: Uint8Array): void {
      writeFileSync(stagedPath(staged), bytes);
    },

    discard(staged: string): void {
      rmSync(stagedPath(staged), { force: true });
    },

    /** The bytes of a generation that the catalogue has just made the live one. */
    publish(next: Generation, previous: Generation | undefined): string {
      if (previous && isVersioned(previous)) setAside(previous);
      const path = place(next);
      if (path !== next.path) catalogue.moved(next.generation, path);
      if (previous && previous.path !== path) remove(previous);
      return path;
    },

    /**
     * Moves the bytes out of the lake before `forget` makes the catalogue forget them: whatever
     * moment the process dies at, a restart finishes the deletion.
     */
    withdraw(object: Generation, forget: () => void, forGood = false): void {
      const trash = stagedPath(`trash.${object.generation}`);
      if (isVersioned(object) && !forGood) setAside(object);
      if (existsSync(pathOf(object))) renameSync(pathOf(object), trash);
      forget();
      rmSync(trash, { force: true });
      pruneFolders(dirname(pathOf(object)), join(root, object.bucket));
    },

    /** Whether the bytes of a generation that is not live any more are still there. */
    isKept: (object: Generation) => existsSync(pathOf(object)),

    /** The bytes of a generation that was not live any more are gone. */
    drop: (object: Generation) => rmSync(pathOf(object), { force: true }),

    addBucket(bucket: string): void {
      mkdirSync(join(root, bucket), { recursive: true });
    },

    removeBucket(bucket: string): void {
      rmSync(join(root, bucket), { recursive: true, force: true });
    },

    /**
     * After a death in the middle: renames that the catalogue had promised are made, deletions
     * finished, and staged files that belong to no upload of `openUploads` dropped.
     */
    recover(openUploads: Set<string>): void {
      const leftovers = readdirSync(staging);
      for (const file of leftovers.filter((file) => file.startsWith("trash.")))
        catalogue.end(Number(file.slice("trash.".length)));
      for (const object of catalogue.stagedAs(leftovers)) {
        if (object.endedAt) continue;
        const path = place(object);
        if (path !== object.path) catalogue.moved(object.generation, path);
      }
      for (const file of leftovers.filter((file) => !openUploads.has(file)))
        rmSync(stagedPath(file), { force: true });
    },
  };
}

/** False when a file stands where a folder is needed or a folder where the file belongs. */
function renameInto(from: string, to: string): boolean {
  for (const makeFolder of [false, true]) {
    try {
      if (makeFolder) mkdirSync(dirname(to), { recursive: true });
      renameSync(from, to);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" && !makeFolder) continue;
      if (code !== undefined && IN_THE_WAY.has(code)) return false;
      throw error;
    }
  }
  return false;
}

const IN_THE_WAY = new Set(["ENOTDIR", "EISDIR", "EEXIST", "ENOTEMPTY"]);

/** Folders exist only for the files in them, as in the lake itself; the bucket's own stays. */
function pruneFolders(folder: string, bucket: string): void {
  for (let at = folder; at.length > bucket.length; at = dirname(at)) {
    try {
      rmdirSync(at);
    } catch {
      return;
    }
  }
}
