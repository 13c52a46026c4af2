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
  /** Every folder that it found below its own since the last rest, by its last path there. */
  folders: Map<string, string>;
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
 * takes what is current. What left the source before anybody looked it may hold as well, and what came
 * into a folder that had just left it, before that was told: listings say where a folder was last seen.
 * Nothing else.
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
        folders: new Map(),
      };
      sources.push(known);
      observeSource(account, boxUserId, known, "registered");
    },

    editMask(source: KnownSource, mask: MaskName): void {
      source.mask = mask;
      source.masks.add(mask);
      observeSource(account, boxUserId, source, "mask");
    },

    /** Everything was told by now: which folders have left, too. */
    allIsTold(): void {
      for (const source of sources) source.folders.clear();
      observe();
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
  const isShown = account.sees(boxUserId, { id: source.folderId, type: "folder" });
  const here = isShown ? lyingBelow(account, source.folderId) : NOTHING;
  for (const [fileId, path] of here.files) {
    const known = noteWay(source, fileId, path);
    const before = known.wanted;
    known.wanted = wants(path);
    if (!known.wanted) continue;
    const isBackfilled = !before && cause !== "box";
    for (const { id } of account.versions(fileId)) {
      if (!known.seen.has(id) && !isBackfilled) known.due.add(id);
      known.seen.add(id);
    }
  }
  for (const [fileId, known] of source.files) if (!here.files.has(fileId)) known.wanted = false;
  for (const [folderId, prefix] of source.folders)
    if (!here.folders.has(folderId))
      for (const [fileId, path] of lyingBelow(account, folderId, prefix).files)
        if (!here.files.has(fileId)) noteWay(source, fileId, path);
  for (const [folderId, prefix] of here.folders) source.folders.set(folderId, prefix);
}

/** The file's membership, with this as its last path. */
function noteWay(source: KnownSource, fileId: string, path: string): Membership {
  const known = source.files.get(fileId) ?? {
    wanted: false,
    seen: new Set(),
    due: new Set(),
    paths: new Set(),
  };
  source.files.set(fileId, known);
  known.paths.delete(path);
  known.paths.add(path);
  return known;
}

interface Below {
  files: Map<string, string>;
  folders: Map<string, string>;
}

const NOTHING: Below = { files: new Map(), folders: new Map() };

/** Every file below a folder with its path, and every folder with that of what is in it. */
function lyingBelow(account: Account, folderId: string, prefix = ""): Below {
  const files = new Map<string, string>();
  const folders = new Map<string, string>();
  const open: [id: string, prefix: string][] = [[folderId, prefix]];
  for (const [id, above] of open)
    for (const item of account.list(id))
      if (item.type === "folder") {
        open.push([item.id, `${above}${item.name}/`]);
        folders.set(item.id, `${above}${item.name}/`);
      } else files.set(item.id, above + item.name);
  return { files, folders };
}
