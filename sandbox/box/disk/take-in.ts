import { recordFile, recordVersion } from "../account/files.ts";
import type { Core } from "../core.ts";
import { nameKey } from "../names.ts";
import { footprint, look } from "../tree.ts";
import { type Candidate, differs } from "./scan.ts";

/**
 * Makes a saved file an upload, or a new version if the path is known and its content is another.
 * Answers false when the file changed, moved or went meanwhile: then it must be looked at again.
 */
export async function takeIn(core: Core, by: string, candidate: Candidate): Promise<boolean> {
  const { parentId, name, path } = candidate;
  const before = await look(path);
  if (!before?.isFile()) return false;
  const on = footprint(before);
  const kept = await core.content.keepFile(path);

  // Hashing took its time without the lock; what is recorded must still be so.
  return core.alone(async () => {
    const after = await look(path);
    if (!after || differs(footprint(after), on) || !stillThere(core, candidate)) return false;
    const row = core.items.named(parentId, nameKey(name));
    if (row && (row.name !== name || row.type !== "file")) return false;
    const contentModifiedAt = Number(after.mtimeMs);
    const contentCreatedAt = Math.min(contentModifiedAt, Number(after.birthtimeMs));
    const fact = { kept, on, contentModifiedAt, contentCreatedAt };
    core.state.transaction(() => {
      const now = core.now();
      if (!row) {
        const item = recordFile(core, by, { parentId, name, ...fact });
        core.announce({ kind: "uploaded", item, by, now });
      } else if (core.items.version(row.versionId!)?.sha1 === kept.sha1) {
        core.items.update(row.id, on);
      } else {
        const item = recordVersion(core, by, row, fact);
        core.announce({ kind: "edited", item, by, now });
      }
    });
    return true;
  });
}

function stillThere(core: Core, { parentId, name, path }: Candidate): boolean {
  const parent = core.items.get(parentId);
  if (!parent) return false;
  const line = core.items.line(parent);
  if (line.some(({ trashedAt }) => trashedAt !== null)) return false;
  return core.tree.childPath(parentId, name) === path;
}
