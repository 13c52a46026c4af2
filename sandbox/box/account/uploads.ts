import type { Kept } from "../content.ts";
import type { Core } from "../core.ts";
import type { Item } from "../items.ts";
import { checkName, nameKey } from "../names.ts";
import { preconditionFailed, Refusal } from "../refusal.ts";
import { look } from "../tree.ts";
import { type ContentTimes, recordFile, recordVersion } from "./files.ts";

export interface Upload extends ContentTimes {
  parentId: string;
  name: string;
  kept: Kept;
}

/** Refuses a name that something in the folder bears already, in whatever case. */
export function checkFree(core: Core, parentId: string, name: string, but?: Item) {
  const taken = core.items.named(parentId, nameKey(name));
  if (!taken || taken.id === but?.id) return;
  const view = core.access.view(core.people.serviceUserId, taken)!;
  const conflict = core.shapes.mini(view);
  throw new Refusal(409, "item_name_in_use", "Item with the same name already exists", {
    // A list for folders, one object for files: Box answers so.
    conflicts: taken.type === "folder" ? [conflict] : conflict,
  });
}

/** A new file; 409 when the name is taken. */
export function upload(core: Core, by: string, { parentId, name, kept, ...times }: Upload) {
  return core.alone(async () => {
    checkName(name);
    core.access.need(by, "folder", parentId, "upload");
    checkFree(core, parentId, name);
    // Somebody saved a file there a moment ago: it is on its way to be an upload, too.
    if (await look(core.tree.childPath(parentId, name)))
      throw new Refusal(409, "item_name_in_use", "Item with the same name already exists");
    const on = await core.tree.writeFile(parentId, name, kept.sha1);
    return core.state.transaction(() => {
      const item = recordFile(core, by, { parentId, name, kept, on, ...times });
      core.announce({ kind: "uploaded", item, by, now: core.now() });
      return item;
    });
  });
}

export interface VersionUpload extends ContentTimes {
  fileId: string;
  kept: Kept;
  /** Renames the file with it. */
  name?: string | undefined;
  /** The etag that the caller believes the file has. */
  ifMatch?: string | undefined;
}

/** A new version of a file, even if its content equals the last; 412 when `ifMatch` is stale. */
export function uploadVersion(core: Core, by: string, request: VersionUpload) {
  const { fileId, kept, ifMatch, name: asked, ...times } = request;
  return core.alone(async () => {
    const { item: file } = core.access.need(by, "file", fileId, "change");
    checkEtag(file, ifMatch);
    const name = asked === undefined ? file.name : checkName(asked);
    checkFree(core, file.parentId!, name, file);
    await core.tree.move(file, file.parentId!, name);
    const on = await core.tree.writeFile(file.parentId!, name, kept.sha1);
    return core.state.transaction(() => {
      const renamed = core.items.update(file.id, { name, nameKey: nameKey(name) });
      const item = recordVersion(core, by, renamed, { kept, on, ...times });
      core.announce({ kind: "edited", item, by, now: core.now() });
      return item;
    });
  });
}

/** Refuses what was asked under the condition of an etag that the item has no more; `*` is any. */
export function checkEtag(item: Item, ifMatch: string | undefined): void {
  if (ifMatch !== undefined && ifMatch !== "*" && ifMatch !== String(item.etag))
    throw preconditionFailed();
}
