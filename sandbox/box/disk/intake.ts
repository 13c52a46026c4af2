import type { Core } from "../core.ts";
import type { Candidate } from "./scan.ts";
import { takeIn } from "./take-in.ts";

/** Files copied and hashed at once: enough to keep a disk busy. */
const WORKERS = 4;

export interface Intake {
  /** Takes a file in soon; does nothing if it is waiting or under way already. */
  add(candidate: Candidate): void;
  busy(): boolean;
  close(): Promise<void>;
}

/**
 * Takes in changed files, a few at once, however many there are. When a file changed again
 * meanwhile, or nothing is left to do, its folder is looked at once more.
 */
export function createIntake(
  core: Core,
  by: string,
  log: (line: string) => void,
  lookAgain: (folderId: string) => void,
): Intake {
  const queue = new Map<string, Candidate>();
  const active = new Map<string, Promise<void>>();
  /** Those under way that were asked for again. */
  const again = new Set<string>();
  let closed = false;

  function pump() {
    for (const [path, candidate] of queue) {
      if (closed || active.size >= WORKERS) return;
      if (active.has(path)) continue;
      queue.delete(path);
      active.set(path, work(candidate));
    }
  }

  async function work(candidate: Candidate) {
    const { path, parentId } = candidate;
    let taken = false;
    try {
      taken = await takeIn(core, by, candidate);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (!closed && code !== "ENOENT") log(`Could not take in ${path}: ${String(error)}`);
    }
    active.delete(path);
    const asked = again.delete(path);
    if (!taken || asked || queue.size + active.size === 0) lookAgain(parentId);
    pump();
  }

  return {
    add(candidate) {
      if (closed) return;
      if (active.has(candidate.path)) again.add(candidate.path);
      else queue.set(candidate.path, candidate);
      pump();
    },
    busy: () => queue.size + active.size > 0,
    async close() {
      closed = true;
      queue.clear();
      await Promise.all(active.values());
    },
  };
}
