import type { Core } from "../core.ts";
import type { Item } from "../items.ts";
import { checkName, nameKey } from "../names.ts";
import type { Footprint } from "../tree.ts";
import { checkFree } from "./uploads.ts";

/** Records a folder that lies on the disk already. */
export function recordFolder(
  core: Core,
  by: string,
  { parentId, name, on }: { parentId: string; name: string; on: Footprint },
): Item {
  const now = core.now();
  const item = core.items.insert({
    id: core.state.newId(),
    type: "folder",
    parentId,
    name,
    nameKey: nameKey(name),
    etag: 0,
    sequenceId: 0,
    versionId: null,
    trashedAt: null,
    createdAt: now,
    createdBy: by,
    modifiedAt: now,
    modifiedBy: by,
    contentCreatedAt: now,
    contentModifiedAt: now,
    ...on,
  });
  core.access.claim(item);
  return item;
}

/** A new, empty folder; 409 when the name is taken. */
export function createFolder(
  core: Core,
  by: string,
  { parentId, name }: { parentId: string; name: string },
): Promise<Item> {
  return core.alone(async () => {
    checkName(name);
    core.access.need(by, "folder", parentId, "upload");
    checkFree(core, parentId, name);
    const on = await core.tree.writeFolder(parentId, name);
    return core.state.transaction(() => {
      const item = recordFolder(core, by, { parentId, name, on });
      core.announce({ kind: "created", item, by, now: core.now() });
      return item;
    });
  });
}
