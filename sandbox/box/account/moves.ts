import type { Core } from "../core.ts";
import { type Item, ROOT } from "../items.ts";
import { checkName, nameKey } from "../names.ts";
import { forbidden, Refusal } from "../refusal.ts";
import { checkEtag, checkFree } from "./uploads.ts";

export interface Move {
  type: Item["type"];
  id: string;
  parentId?: string | undefined;
  name?: string | undefined;
  ifMatch?: string | undefined;
}

/** Gives an item another name, another folder or both. What is so already makes no event. */
export function move(core: Core, by: string, request: Move): Promise<Item> {
  return core.alone(async () => {
    const { item } = core.access.need(by, request.type, request.id, "change");
    if (item.id === ROOT) throw forbidden("The root folder cannot be changed");
    checkEtag(item, request.ifMatch);
    const name = request.name === undefined ? item.name : checkName(request.name);
    const parentId = request.parentId ?? item.parentId!;
    const { item: folder } = core.access.need(by, "folder", parentId, "see");
    if (parentId !== item.parentId) {
      core.access.need(by, "folder", parentId, "upload");
      if (core.items.line(folder).some(({ id }) => id === item.id))
        throw new Refusal(400, "cyclical_folder_structure", "A folder cannot lie in itself");
    }
    checkFree(core, parentId, name, item);
    await core.tree.move(item, parentId, name);
    return core.state.transaction(() => recordMove(core, by, item, parentId, name));
  });
}

/**
 * Records that an item has moved on the disk already: a move and a rename are two events. They are
 * written as one, since on the way its old name might be taken in the new folder.
 */
export function recordMove(core: Core, by: string, item: Item, parentId: string, name: string) {
  const now = core.now();
  const from = core.items.get(item.parentId!)!;
  const moved = parentId === item.parentId ? item : counted({ ...item, parentId });
  const renamed = name === item.name ? moved : counted({ ...moved, name, nameKey: nameKey(name) });
  if (renamed === item) return item;
  const { etag, sequenceId } = renamed;
  core.items.update(item.id, { parentId, name, nameKey: nameKey(name), etag, sequenceId });
  if (moved !== item) core.announce({ kind: "moved", item: moved, by, now, from });
  if (renamed !== moved)
    core.announce({ kind: "renamed", item: renamed, by, now, oldName: item.name });
  return renamed;
}

const counted = (item: Item): Item => ({
  ...item,
  etag: item.etag + 1,
  sequenceId: item.sequenceId + 1,
});
