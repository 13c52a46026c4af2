import type { Account } from "../../sandbox/box/account.ts";
import { type KnownMask, type MaskName, MASKS } from "./masks.ts";

/** One version of one file, as `file/version`. */
export type VersionKey = `${string}/${string}`;
export const keyOf = (fileId: string, versionId: string): VersionKey => `${fileId}/${versionId}`;

/** What the model knows of a file in one source. */
interface Membership {
  /** The source asks for it: it lies below the folder, is to be seen, and the mask wants it. */
  wanted: boolean;
  /** Versions that Box held at some moment at which it was wanted. */
  seen: Set<string>;
  /** Of these, those that the source must have: made while the file was wanted, or brought along. */
  due: Set<string>;
  /** Every path it ever had below the source's folder. */
  paths: Set<string>;
}

export interface KnownSource {
  id: string;
  slug: string;
  folderId: string;
  mask: MaskName;
  /** Every mask it ever had, the present one among them. */
  masks: Set<MaskName>;
  paused: boolean;
  files: Map<string, Membership>;
}

/** Why something may be wanted now that was not before. */
export type Cause = "box" | "mask" | "registered";

/** What a source must hold, and what it may hold. */
export interface Expected {
  must: Map<VersionKey, string>;
  may(fileId: string, versionId: string): boolean;
}

export type Journal = ReturnType<typeof createJournal>;

/**
 * The model: what every source asks for, by the rules of the design alone. It looks at Box after
 * every step and remembers only what Box itself forgets: which versions were made while a source
 * wanted their file.
 *
 * A source must hold of each file that it wants at the end, and that Box still holds and shows:
 * the current version; every version made while the file was wanted; and, of a file that came into
 * the source (moved, renamed, copied, restored, shared), those that it brought along. Versions that were
 * past when the source was registered, or when a mask began to want their file, it may hold: a backfill
 * takes what is current. What left the source before anybody looked it may hold as well, and nothing else.
 */
export function createJournal(account: Account, boxUserId: string) {
  const sources: KnownSource[] = [];

  function observe(cause: Cause = "box"): void {
    for (const source of sources) observeSource(account, boxUserId, source, cause);
  }

  return {
    sources,
    observe,
    register(source: { id: string; slug: string; folderId: string; mask: MaskName }): void {
      const known: KnownSource = {
        ...source,
        masks: new Set([source.mask]),
        paused: false,
        files: new Map(),
      };
      sources.push(known);
      observeSource(account, boxUserId, known, "registered");
    },

    editMask(source: KnownSource, mask: MaskName): void {
      source.mask = mask;
      source.masks.add(mask);
      observeSource(account, boxUserId, source, "mask");
    },

    expected(source: KnownSource): Expected {
      const must = new Map<VersionKey, string>();
      for (const [fileId, { wanted, due, paths }] of source.files) {
        const current = account.item(fileId)?.versionId;
        if (!wanted || !current) continue;
        const path = [...paths].at(-1) ?? "";
        const held = account.versions(fileId).filter(({ trashedAt }) => trashedAt === null);
        for (const { id } of held)
          if (id === current || due.has(id)) must.set(keyOf(fileId, id), path);
      }
      const masks: KnownMask[] = [...source.masks].map((name) => MASKS[name]);
      return {
        must,
        may: (fileId) =>
          [...(source.files.get(fileId)?.paths ?? [])].some((path) =>
            masks.some((mask) => mask.wants(path)),
          ),
      };
    },
  };
}

function observeSource(account: Account, boxUserId: string, source: KnownSource, cause: Cause) {
  const { wants } = MASKS[source.mask];
  const here = filesBelow(account, boxUserId, source.folderId);
  for (const [fileId, path] of here) {
    const known = source.files.get(fileId) ?? {
      wanted: false,
      seen: new Set(),
      due: new Set(),
      paths: new Set(),
    };
    source.files.set(fileId, known);
    known.paths.delete(path);
    known.paths.add(path);
    const before = known.wanted;
    known.wanted = wants(path);
    if (!known.wanted) continue;
    const isBackfilled = !before && cause !== "box";
    for (const { id } of account.versions(fileId)) {
      if (!known.seen.has(id) && !isBackfilled) known.due.add(id);
      known.seen.add(id);
    }
  }
  for (const [fileId, known] of source.files) if (!here.has(fileId)) known.wanted = false;
}

/** Every file below a folder that this user finds there, with its path below it. */
function filesBelow(account: Account, boxUserId: string, folderId: string): Map<string, string> {
  const found = new Map<string, string>();
  const open: [id: string, prefix: string][] = [[folderId, ""]];
  if (!account.sees(boxUserId, { id: folderId, type: "folder" })) return found;
  for (const [id, prefix] of open)
    for (const item of account.list(id)) {
      if (item.type === "folder") open.push([item.id, `${prefix}${item.name}/`]);
      else found.set(item.id, prefix + item.name);
    }
  return found;
}
