import { type FSWatcher, watch } from "node:fs";

export interface Watchers {
  /** Watches a folder from now on; does nothing if it is watched already. */
  cover(folderId: string, path: string, identity: string): void;
  /** Stops watching folders other than these. */
  keepOnly(folderIds: Set<string>): void;
  close(): void;
}

/**
 * Says that something happened in a folder. Only a wake-up: what happened is found by looking, and
 * what was missed is found by the next look. Folders are told apart by inode, so that a wake-up
 * names the right folder also after it was moved.
 */
export function createWatchers(
  root: string,
  /** Without a folder: anywhere. */
  wake: (folderId?: string) => void,
  log: (line: string) => void,
): Watchers {
  // Elsewhere the system watches whole trees; on Linux a watch is for one folder.
  if (process.platform !== "linux") {
    const watcher = watch(root, { recursive: true }, () => wake());
    watcher.on("error", () => wake());
    return { cover() {}, keepOnly() {}, close: () => watcher.close() };
  }
  const watched = new Map<string, { identity: string; watcher: FSWatcher }>();
  let exhausted = false;

  function drop(folderId: string) {
    watched.get(folderId)?.watcher.close();
    watched.delete(folderId);
  }

  return {
    cover(folderId, path, identity) {
      if (watched.get(folderId)?.identity === identity) return;
      drop(folderId);
      try {
        const watcher = watch(path, () => wake(folderId));
        watcher.on("error", () => {
          drop(folderId);
          wake();
        });
        watched.set(folderId, { identity, watcher });
      } catch (error) {
        // The regular look finds what a watch would have told sooner.
        const gone = (error as NodeJS.ErrnoException).code === "ENOENT";
        if (!gone && !exhausted) log(`Cannot watch every folder: ${String(error)}`);
        exhausted ||= !gone;
      }
    },
    keepOnly(folderIds) {
      for (const id of watched.keys()) if (!folderIds.has(id)) drop(id);
    },
    close() {
      for (const id of watched.keys()) drop(id);
    },
  };
}
