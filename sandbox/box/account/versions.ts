import type { Core } from "../core.ts";
import type { Item, Version } from "../items.ts";
import { nameKey } from "../names.ts";
import { notFound } from "../refusal.ts";
import { addVersion } from "./files.ts";
import { checkFree } from "./uploads.ts";

export interface VersionOf {
  fileId: string;
  versionId: string;
}

const past = (core: Core, file: Item, versionId: string): Version => {
  const version = core.items.version(versionId);
  if (!version || version.fileId !== file.id) throw notFound("file_version");
  return version;
};

/**
 * Makes an older version the current one: a new version with the hash, the etag and the name of
 * the old one, as Box's specification says.
 * https://developer.box.com/reference/post-files-id-versions-current/
 */
export function promote(core: Core, by: string, { fileId, versionId }: VersionOf) {
  return core.alone(async () => {
    const { item: file } = core.access.need(by, "file", fileId, "change");
    const { sha1, size, name, etag, ...old } = past(core, file, versionId);
    checkFree(core, file.parentId!, name, file);
    await core.tree.move(file, file.parentId!, name);
    const on = await core.tree.writeFile(file.parentId!, name, sha1);
    return core.state.transaction(() => {
      const now = core.now();
      const { contentCreatedAt, contentModifiedAt } = old;
      const fact = { sha1, size, name, etag, createdAt: now, createdBy: by };
      const version = addVersion(core, file.id, { ...fact, contentCreatedAt, contentModifiedAt });
      const item = core.items.update(file.id, {
        versionId: version.id,
        name,
        nameKey: nameKey(name),
        etag,
        sequenceId: file.sequenceId + 1,
        modifiedAt: now,
        modifiedBy: by,
        contentCreatedAt,
        contentModifiedAt,
        ...on,
      });
      core.announce({ kind: "promoted", item, by, now });
      return { item, version };
    });
  });
}

/** Puts a past version in the trash. It stays listed, marked, and its content is refused. */
export function trashVersion(core: Core, by: string, { fileId, versionId }: VersionOf) {
  return core.alone(async () => {
    const { item: file } = core.access.need(by, "file", fileId, "change");
    const { id } = past(core, file, versionId);
    const sql = "update versions set trashedAt = ?, trashedBy = ? where id = ?";
    core.state.run(sql, core.now(), by, id);
  });
}

/** Takes a past version out of the trash. */
export function restoreVersion(core: Core, by: string, { fileId, versionId }: VersionOf) {
  return core.alone(async () => {
    const { item } = core.access.need(by, "file", fileId, "change");
    const { id } = past(core, item, versionId);
    const now = core.now();
    return core.state.transaction(() => {
      const sql = `update versions set trashedAt = null, trashedBy = null,
        restoredAt = ?, restoredBy = ? where id = ?`;
      core.state.run(sql, now, by, id);
      core.announce({ kind: "version_restored", item, by, now });
      return core.items.version(id)!;
    });
  });
}
