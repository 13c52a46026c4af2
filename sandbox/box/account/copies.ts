import type { Core } from "../core.ts";
import { type Item, type Place, ROOT } from "../items.ts";
import { checkName } from "../names.ts";
import { Refusal } from "../refusal.ts";
import { recordFile } from "./files.ts";
import { recordFolder } from "./folders.ts";
import { checkFree } from "./uploads.ts";

export interface Copy {
  type: Item["type"];
  id: string;
  parentId: string;
  name?: string | undefined;
  /** A past version to copy instead of the current one. */
  version?: string | undefined;
}

/** How many items a folder copy writes before others get a turn. */
const BATCH = 500;

/**
 * A copy of a file, or of a folder with all that is in it: one event for the top, none for what is
 * below, as in Box. Copies begin a history of their own.
 */
export function copy(core: Core, by: string, request: Copy): Promise<Item> {
  return core.alone(async () => {
    if (request.id === ROOT) throw new Refusal(500, "internal_server_error", "Cannot copy root");
    const { item } = core.access.need(by, request.type, request.id, "download");
    const { item: folder } = core.access.need(by, "folder", request.parentId, "upload");
    const name = request.name === undefined ? item.name : checkName(request.name);
    checkFree(core, request.parentId, name);
    if ([...core.items.ancestors(folder), folder].some(({ id }) => id === item.id))
      throw new Refusal(400, "cyclical_folder_structure", "A folder cannot be copied into itself");
    const made =
      item.type === "file"
        ? await copyFile(core, by, item, request.parentId, name, request.version)
        : await copyFolder(core, by, item, request.parentId, name);
    core.state.transaction(() =>
      core.announce({ kind: "copied", item: made, by, now: core.now() }),
    );
    return made;
  });
}

async function copyFile(
  core: Core,
  by: string,
  file: Item,
  parentId: string,
  name: string,
  versionId = file.versionId,
): Promise<Item> {
  const version = core.items.version(versionId ?? "");
  if (!version || version.fileId !== file.id)
    throw new Refusal(404, "not_found", "File version not found");
  const { sha1, size, contentCreatedAt, contentModifiedAt } = version;
  const on = await core.tree.writeFile(parentId, name, sha1);
  const kept = { sha1, size };
  return recordFile(core, by, { parentId, name, kept, on, contentCreatedAt, contentModifiedAt });
}

async function copyFolder(
  core: Core,
  by: string,
  folder: Item,
  parentId: string,
  name: string,
): Promise<Item> {
  const on = await core.tree.writeFolder(parentId, name);
  const made = recordFolder(core, by, { parentId, name, on });
  let after: Place | undefined;
  for (;;) {
    const page = core.items.children(folder.id, { after, limit: BATCH });
    for (const child of page)
      await (child.type === "file" ? copyFile : copyFolder)(core, by, child, made.id, child.name);
    after = page.at(-1);
    if (after === undefined) return made;
  }
}
