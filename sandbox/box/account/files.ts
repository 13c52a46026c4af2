import type { Kept } from "../content.ts";
import type { Core } from "../core.ts";
import type { Item, Version } from "../items.ts";
import { nameKey } from "../names.ts";
import type { Footprint } from "../tree.ts";

export interface ContentTimes {
  contentCreatedAt?: number | undefined;
  contentModifiedAt?: number | undefined;
}

interface NewFile extends ContentTimes {
  parentId: string;
  name: string;
  kept: Kept;
  on: Footprint;
}

type Fact = Pick<Version, "sha1" | "size" | "name" | "etag" | "createdAt" | "createdBy"> &
  Pick<Version, "contentCreatedAt" | "contentModifiedAt">;

/** Adds a version on top of a file's history; the row of the file is the caller's. */
export function addVersion(core: Core, fileId: string, fact: Fact): Version {
  const { items, state } = core;
  const history = items.versions(fileId);
  const version = items.insertVersion({
    id: state.newId(),
    fileId,
    ordinal: (history[0]?.ordinal ?? 0) + 1,
    ...fact,
    trashedAt: null,
    restoredAt: null,
  });
  // The current version does not count among the kept ones.
  for (const { id } of history.slice(core.keptVersions()))
    state.run("delete from versions where id = ?", id);
  return version;
}

/** Records a file that lies on the disk already. */
export function recordFile(core: Core, by: string, { parentId, name, kept, on, ...t }: NewFile) {
  const now = core.now();
  const contentModifiedAt = t.contentModifiedAt ?? now;
  const contentCreatedAt = t.contentCreatedAt ?? contentModifiedAt;
  const id = core.state.newId();
  const version = addVersion(core, id, {
    ...kept,
    name,
    etag: 0,
    createdAt: now,
    createdBy: by,
    contentCreatedAt,
    contentModifiedAt,
  });
  const item = core.items.insert({
    id,
    type: "file",
    parentId,
    name,
    nameKey: nameKey(name),
    etag: 0,
    sequenceId: 0,
    versionId: version.id,
    trashedAt: null,
    createdAt: now,
    createdBy: by,
    modifiedAt: now,
    modifiedBy: by,
    contentCreatedAt,
    contentModifiedAt,
    ...on,
  });
  core.access.claim(item);
  return item;
}

/** Records new content of a file that lies on the disk already. */
export function recordVersion(
  core: Core,
  by: string,
  file: Item,
  { kept, on, contentCreatedAt, contentModifiedAt }: ContentTimes & { kept: Kept; on: Footprint },
): Item {
  const now = core.now();
  const times = {
    contentCreatedAt: contentCreatedAt ?? file.contentCreatedAt,
    contentModifiedAt: contentModifiedAt ?? now,
  };
  const etag = file.etag + 1;
  const version = addVersion(core, file.id, {
    ...kept,
    name: file.name,
    etag,
    createdAt: now,
    createdBy: by,
    ...times,
  });
  return core.items.update(file.id, {
    versionId: version.id,
    etag,
    sequenceId: file.sequenceId + 1,
    modifiedAt: now,
    modifiedBy: by,
    ...times,
    ...on,
  });
}
