import type { Core } from "../core.ts";
import { type Item, type Place, ROOT } from "../items.ts";
import { checkName, nameKey } from "../names.ts";
import { forbidden, Refusal } from "../refusal.ts";
import { checkEtag, checkFree } from "./uploads.ts";

export interface Trash {
  type: Item["type"];
  id: string;
  ifMatch?: string | undefined;
  /** Without it a folder that holds something is refused. */
  recursive?: boolean;
}

/** Puts an item in the trash, with all that is in it. */
export function trash(core: Core, by: string, request: Trash): Promise<Item> {
  return core.alone(async () => {
    const { item } = core.access.need(by, request.type, request.id, "change");
    if (item.id === ROOT) throw forbidden("The root folder cannot be deleted");
    checkEtag(item, request.ifMatch);
    const filled = item.type === "folder" && core.items.countChildren(item.id) > 0;
    if (filled && !request.recursive)
      throw new Refusal(400, "folder_not_empty", "Cannot delete - folder not empty");
    await core.tree.remove(item);
    return core.state.transaction(() => recordTrash(core, by, item));
  });
}

/** Records that an item has gone from the disk already. */
export function recordTrash(core: Core, by: string, item: Item): Item {
  const now = core.now();
  const gone = core.items.update(item.id, {
    trashedAt: now,
    etag: item.etag + 1,
    sequenceId: item.sequenceId + 1,
    diskIdentity: null,
    diskSize: null,
    diskMtime: null,
  });
  core.announce({ kind: "trashed", item: gone, by, now });
  return gone;
}

export interface Restore {
  type: Item["type"];
  id: string;
  name?: string | undefined;
  /** Where to put it if its old folder is gone. */
  parentId?: string | undefined;
}

/** Takes an item out of the trash with all that was in it, ids and versions unchanged. */
export function restore(core: Core, by: string, request: Restore): Promise<Item> {
  return core.alone(async () => {
    const { item } = core.access.needTrashed(by, request.type, request.id);
    const name = request.name === undefined ? item.name : checkName(request.name);
    const parentId = homeOf(core, by, item, request.parentId);
    checkFree(core, parentId, name, item);
    const back = core.state.transaction(() =>
      core.items.update(item.id, {
        parentId,
        name,
        nameKey: nameKey(name),
        trashedAt: null,
        etag: item.etag + 1,
        sequenceId: item.sequenceId + 1,
      }),
    );
    await writeBack(core, back);
    return core.state.transaction(() => {
      const restored = core.items.get(item.id)!;
      core.announce({ kind: "restored", item: restored, by, now: core.now() });
      return restored;
    });
  });
}

function homeOf(core: Core, by: string, item: Item, wanted: string | undefined): string {
  try {
    return core.access.need(by, "folder", item.parentId!, "upload").item.id;
  } catch (error) {
    if (wanted === undefined || !(error instanceof Refusal)) throw error;
    return core.access.need(by, "folder", wanted, "upload").item.id;
  }
}

async function writeBack(core: Core, item: Item): Promise<void> {
  if (item.type === "file") {
    const { sha1 } = core.items.version(item.versionId!)!;
    core.items.update(item.id, await core.tree.writeFile(item.parentId!, item.name, sha1));
    return;
  }
  core.items.update(item.id, await core.tree.writeFolder(item.parentId!, item.name));
  let after: Place | undefined;
  for (;;) {
    const page = core.items.children(item.id, { after, limit: 500 });
    for (const child of page) await writeBack(core, child);
    after = page.at(-1);
    if (after === undefined) return;
  }
}

/** Deletes an item in the trash for good. */
export function deleteForever(core: Core, by: string, request: { type: Item["type"]; id: string }) {
  return core.alone(async () => {
    const { item } = core.access.needTrashed(by, request.type, request.id);
    core.state.transaction(() => {
      core.announce({ kind: "deleted", item, by, now: core.now() });
      core.items.erase(item.id);
    });
  });
}
