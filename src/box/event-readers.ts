import type { Change } from "../core/change.ts";
import { folderId, versionId } from "../core/ids.ts";
import type { EventStream } from "../core/streams.ts";
import { type FileChange, type FolderChange, listFolder, lookAtFile, walkTree } from "./changes.ts";
import { parentIdOf, placeOf, readFile, versionChange } from "./items.ts";
import { type Fields, idOf, sizeOf } from "./json.ts";

/** An event about a file or folder, with what the readers below need of it. */
export interface EventItem {
  eventType: string;
  type: "file" | "folder";
  id: string;
  source: Fields;
  details: Fields;
}

type Reading = (item: EventItem) => Change | Change[];

/** What an event type means, for a file and for a folder. */
export type EventReader = Record<EventItem["type"], Reading>;

const look = ({ id, eventType }: EventItem) => lookAtFile(id, eventType);

/** With the folder it lies in, so that a file outside every source costs no call. */
function lookIn(item: EventItem): FileChange {
  const parentId = parentIdOf(item.source);
  return parentId === undefined ? look(item) : { ...look(item), parentId };
}

/** With the new version too, so that one known already costs no call, and one dropped meanwhile is missed. */
function lookFor(item: EventItem): FileChange {
  const version = idOf(item.details["version_id"]);
  if (version === undefined) return lookIn(item);
  const sizeBytes = sizeOf(item.details["size"]);
  const named = { ...lookIn(item), versionId: versionId(version) };
  return sizeBytes === undefined ? named : { ...named, sizeBytes };
}

/** The file as the event shows it, when it shows it whole: saves reading it. */
const shown = (item: EventItem): Change => versionChange(readFile(item.source)) ?? look(item);

/** With the place it lies in, so that a folder outside every source costs no call. */
function walk({ id, eventType, source }: EventItem): FolderChange {
  const at = placeOf(source);
  const change = walkTree(id, eventType, { repeat: false });
  return at === undefined ? change : { ...change, at };
}

/** For what Box finishes later without saying so. */
const walkAgain = (item: EventItem): FolderChange => ({ ...walk(item), repeat: true });

/** The same where the place may be another's: the folder copied from, or the one moved out of. */
const walkAnywhere = ({ id, eventType }: EventItem) => walkTree(id, eventType, { repeat: true });

/** It is not written which of the two files a copy names, so the folder it names is listed as well. */
function lookAround(item: EventItem): Change[] {
  const parentId = parentIdOf(item.source);
  return parentId === undefined ? [look(item)] : [look(item), listFolder(parentId, item.eventType)];
}

const hidden = ({ id, eventType }: EventItem): Change => ({
  kind: "hidden",
  folderId: folderId(id),
  reason: eventType,
});

/** A file that goes leaves what is owed of it; whoever comes for its bytes finds out. */
const nothing = (): Change[] => [];

type Row = [eventTypes: string[], file: Reading, folder: Reading];

const table = (rows: Row[]): ReadonlyMap<string, EventReader> =>
  new Map(rows.flatMap(([types, file, folder]) => types.map((type) => [type, { file, folder }])));

/** Somebody may see more than before: whoever was invited, given another role, or is in a group that was. */
const COLLABORATED = [
  "COLLAB_ADD_COLLABORATOR",
  "COLLAB_INVITE_COLLABORATOR",
  "COLLAB_ROLE_CHANGE",
  "GROUP_ADD_FOLDER",
];

/** Something went to the trash, or somebody may see less than before. */
const TAKING = [
  "DELETE",
  "ITEM_TRASH",
  "COLLAB_REMOVE_COLLABORATOR",
  "COLLABORATION_REMOVE",
  "COLLABORATION_EXPIRATION",
  "GROUP_REMOVE_ITEM",
];

/**
 * The event types that can put a file, a version or a name into a folder, or take a folder from sight, and
 * what each means.
 *
 * A user's own feed shows files whole, so an upload, a rename or a move can be recorded without a
 * call; membership is decided again from the facts either way. Whoever is new to a folder gets its
 * old files without any further event.
 *
 * The enterprise's feed names file, parent and sometimes the version, never a SHA-1. A promoted
 * version may be named by the old one it came from, and a move by the folder it left: neither must
 * let a file be passed over, so those are read whatever they name. Its SHARE tells of a link, which puts
 * nothing into anybody's folders; a user's own feed tells of what was shared with the user.
 */
export const EVENT_READERS: Record<EventStream, ReadonlyMap<string, EventReader>> = {
  changes: table([
    [["ITEM_UPLOAD", "ITEM_RENAME"], shown, walk],
    [["ITEM_MOVE"], shown, walkAgain],
    [["ITEM_CREATE", "ITEM_MODIFY"], look, walk],
    [["ITEM_MAKE_CURRENT_VERSION", "FILE_VERSION_RESTORE"], look, walk],
    [["ITEM_UNDELETE_VIA_TRASH"], look, walkAgain],
    [["ITEM_COPY"], look, walkAnywhere],
    [COLLABORATED, look, walkAnywhere],
    [["ITEM_SHARED", "ITEM_SHARED_CREATE"], look, walkAnywhere],
    [TAKING, nothing, hidden],
  ]),
  admin_logs_streaming: table([
    [["UPLOAD", "EDIT", "ITEM_UPLOAD"], lookFor, walk],
    [["RENAME", "ITEM_RENAME", "ITEM_CREATE", "ITEM_MODIFY"], lookIn, walk],
    [["FILE_VERSION_RESTORE", "ITEM_MAKE_CURRENT_VERSION"], lookIn, walk],
    [["UNDELETE", "ITEM_UNDELETE_VIA_TRASH"], lookIn, walkAgain],
    [["MOVE", "ITEM_MOVE"], look, walkAnywhere],
    [["COPY", "ITEM_COPY"], lookAround, walkAnywhere],
    [COLLABORATED, look, walkAnywhere],
    [["COLLABORATION_ACCEPT", "COLLABORATION_INVITE"], look, walkAnywhere],
    [["COLLABORATION_ROLE_CHANGE", "CHANGE_FOLDER_PERMISSION"], look, walkAnywhere],
    [["GROUP_ADD_ITEM"], look, walkAnywhere],
    [TAKING, nothing, hidden],
  ]),
};

/** Of one that does not say what it took nothing is missed: it is not odd. */
export const isTaking = (eventType: string) => TAKING.includes(eventType);
