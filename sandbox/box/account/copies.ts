import { setTimeout as sleep } from "node:timers/promises";
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
const BATCH = 100;

/**
 * A copy of a file, or of a folder with all that is in it: one event for the top, none for what is
 * below, as in Box. Copies begin a history of their own. A folder of more than 500 items is answered
 * for while it is still empty and filled afterwards, without a word when it is done; meanwhile both
 * trees refuse changes. https://developer.box.com/guides/folders/single/copy/
 */
export function copy(core: Core, by: string, request: Copy): Promise<Item> {
  return core.alone(async () => {
    if (request.id === ROOT) throw new Refusal(500, "internal_server_error", "Cannot copy root");
    const { item } = core.access.need(by, request.type, request.id, "download");
    const { item: folder } = core.access.need(by, "folder", request.parentId, "upload");
    const name = request.name === undefined ? item.name : checkName(request.name);
    checkFree(core, request.parentId, name);
    if (core.items.line(folder).some(({ id }) => id === item.id))
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

/** Under the account's lock. */
async function copyFolder(
  core: Core,
  by: string,
  folder: Item,
  parentId: string,
  name: string,
): Promise<Item> {
  const made = await copyEmpty(core, by, name, parentId);
  if (core.items.countBelow(folder.id) <= core.copying().atOnce) {
    await fill(core, by, folder, made, (work) => work());
    return made;
  }
  const unblock = core.access.block([folder.id, made.id]);
  const takeTurn = async <T>(work: () => Promise<T>) => {
    const since = Date.now();
    // Looked at anew, so that a long pause can be ended.
    while (Date.now() < since + core.copying().pauseMs) await sleep(10);
    return core.alone(work);
  };
  core.later(() => fill(core, by, folder, made, takeTurn).finally(unblock));
  return made;
}

/** Copies what is in one folder into another; every page takes its turn. */
async function fill(
  core: Core,
  by: string,
  from: Item,
  into: Item,
  takeTurn: <T>(work: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const below: [from: Item, into: Item][] = [];
  const copyPage = (after: Place | undefined) => async () => {
    const page = core.items.children(from.id, { after, limit: BATCH });
    for (const child of page) {
      if (child.type === "file") await copyFile(core, by, child, into.id, child.name);
      else below.push([child, await copyEmpty(core, by, child.name, into.id)]);
    }
    return page.at(-1);
  };
  let after: Place | undefined;
  do after = await takeTurn(copyPage(after));
  while (after !== undefined);
  for (const [child, made] of below) await fill(core, by, child, made, takeTurn);
}

async function copyEmpty(core: Core, by: string, name: string, parentId: string): Promise<Item> {
  const on = await core.tree.writeFolder(parentId, name);
  return recordFolder(core, by, { parentId, name, on });
}
