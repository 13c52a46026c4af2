import type { Account } from "../../sandbox/box/account.ts";
import type { Version } from "../../sandbox/box/items.ts";
import { againstPath, againstVersion, type Asks, isOfSize, type Measured } from "./asks.ts";
import type { Naming, PlaceName } from "./names.ts";
import type { Reader } from "./readers.ts";
import type { Census } from "./said.ts";
import { createWhereabouts, itemsBelow } from "./whereabouts.ts";

/** One version of one file, as `file/version`. */
export type VersionKey = `${string}/${string}`;
export const keyOf = (fileId: string, versionId: string): VersionKey => `${fileId}/${versionId}`;

/** What the model knows of a file in one source. */
interface Membership {
  /** It lies below the folder, is to be seen, and the source wants files there. */
  wanted: boolean;
  /** Versions that Box held at some moment at which they were wanted. */
  seen: Set<string>;
  /** Of these, those that the source must have: made while they were wanted, or brought along. */
  due: Set<string>;
  /** Every path below the source's folder at which it ever lay, or was believed to. */
  paths: Set<string>;
}

/** What a source is registered with. */
export interface Wanted {
  reader: Reader;
  folderId: string;
  naming: Naming;
  place: PlaceName;
  asks: Asks;
}

interface Registered extends Wanted {
  id: string;
  slug: string;
  name: string;
}

export interface KnownSource extends Registered {
  /** Everything it ever asked for, the present among it. */
  asked: Asks[];
  paused: boolean;
  /** It was deleted, or its account was: what it has stays, and nothing comes. */
  ended: boolean;
  files: Map<string, Membership>;
}

/** Why something may be wanted now that was not before. */
export type Cause = "box" | "asks";

/** What a source must hold, and what it may hold. */
export interface Expected {
  must: Map<VersionKey, string>;
  may(key: VersionKey): boolean;
}

export type Journal = ReturnType<typeof createJournal>;

/**
 * The model: what every source asks for, by the rules of the design alone. It looks at Box after
 * every step and remembers only what Box itself forgets: which versions were made while a source
 * wanted them.
 *
 * A source must hold of each file that it wants at the end, and that Box still holds and shows, of the
 * versions within its limits: the current one; every one made while the source wanted such; of a file that
 * came into the source (moved, renamed, copied, restored, shared), those that it brought along; and all of
 * them where the source asks for history. Otherwise it may hold versions that were past when the source was
 * registered, or when an edit began to want them: a backfill takes what is current. What left the source
 * before anybody looked it may hold as well, or before it was registered; and what came into a folder that had
 * just left it, before that was told: listings say where a folder was last seen. Nothing else.
 */
export function createJournal(account: Account, isSilent: boolean) {
  const sources: KnownSource[] = [];
  const whereabouts = createWhereabouts(account);
  /** All that there ever were, also those that Box dropped since. */
  const versions = new Map<VersionKey, Measured>();
  /** Versions that came back from the trash without a signal. */
  const unannounced = new Set<VersionKey>();
  /** Those that came back since the last rest with one. */
  const announced = new Set<VersionKey>();
  /** Those that came back with one that the enterprise's events alone brought. */
  const announcedToFew = new Set<VersionKey>();

  const living = () => sources.filter(({ ended }) => !ended);

  const isShown = ({ folderId, reader }: KnownSource) =>
    account.sees(reader.boxUserId, { id: folderId, type: "folder" });

  /** What its account finds below its folder. */
  const shownBelow = ({ folderId, reader }: KnownSource) =>
    itemsBelow(account, folderId).filter((item) => account.sees(reader.boxUserId, item));

  function observe(): void {
    for (const source of living()) observeSource(source, "box");
  }

  function observeSource(source: KnownSource, cause: Cause): void {
    whereabouts.observe();
    for (const fileId of whereabouts.files) {
      for (const path of whereabouts.pathsBelow(fileId, source.folderId))
        membershipOf(source, fileId).paths.add(path);
      for (const version of account.versions(fileId))
        versions.set(keyOf(fileId, version.id), version);
    }
    const below = isShown(source) ? shownBelow(source) : [];
    const wanted = new Set(
      below
        .filter(({ type, path }) => type === "file" && !againstPath(source.asks, path))
        .map(({ id }) => id),
    );
    for (const [fileId, known] of source.files) {
      known.wanted = wanted.has(fileId);
      if (known.wanted) observeFile(known, source.asks, account.versions(fileId), cause);
    }
  }

  /** What only a month of sweeps finds is not waited for. */
  function isPastTold(fileId: string, versionId: string, { asks, reader }: KnownSource): boolean {
    const key = keyOf(fileId, versionId);
    if (unannounced.has(key)) return false;
    if (announcedToFew.has(key) && reader.subject !== "enterprise") return false;
    const current = account.versions(fileId)[0];
    // A sweep alone takes what is too large, or too small, for known.
    return !isSilent || (current !== undefined && isOfSize(asks, current));
  }

  return {
    sources,
    /** Without those that were deleted. */
    living,
    observe,
    /** Whether the account finds its folder. */
    isShown,
    register(source: Registered): void {
      const known: KnownSource = {
        ...source,
        asked: [source.asks],
        paused: false,
        ended: false,
        files: new Map(),
      };
      sources.push(known);
      observeSource(known, "asks");
    },

    edit(source: KnownSource, change: Partial<Asks>): void {
      source.asks = { ...source.asks, ...change };
      source.asked.push(source.asks);
      observeSource(source, "asks");
    },

    /** A source, or an account with all of its own, was deleted. */
    end({ id }: Pick<KnownSource | Reader, "id">): void {
      for (const source of sources) source.ended ||= source.id === id || source.reader.id === id;
    },

    /**
     * A version was taken out of the trash: no webhook tells of it, and no stream of a user. What the
     * enterprise's does not tell either, only a month of sweeps finds.
     */
    cameBack(fileId: string, versionId: string, isTold: boolean): void {
      for (const known of isTold ? [announced, announcedToFew] : [unannounced])
        known.add(keyOf(fileId, versionId));
    },

    /** What Box had to say since the last rest, and was not read, it does not say any more. */
    nothingIsTold(): void {
      for (const key of announced) unannounced.add(key);
    },

    /** Everything was told by now, also what has left and from where. */
    allIsTold(): void {
      whereabouts.forget();
      announced.clear();
      observe();
    },

    /** What a listing of the source in full counts now. */
    census(source: KnownSource): Census {
      const { asks } = source;
      const counted = { listed: 0, listedBytes: 0, matched: 0, matchedBytes: 0 };
      const skipped: Record<string, number> = {};
      for (const { id, type, path } of shownBelow(source)) {
        const current = account.versions(id)[0];
        // Without its sub-folders only the folder itself is listed.
        if (type === "folder" || !current || (!asks.subfolders && path.includes("/"))) continue;
        counted.listed++;
        counted.listedBytes += current.size;
        const rule = againstPath(asks, path) ?? againstVersion(asks, current);
        if (rule) skipped[rule] = (skipped[rule] ?? 0) + 1;
        if (rule) continue;
        counted.matched++;
        counted.matchedBytes += current.size;
      }
      return { ...counted, skipped };
    },

    expected(source: KnownSource): Expected {
      const { asks, asked } = source;
      const must = new Map<VersionKey, string>();
      for (const [fileId, { wanted, due, paths }] of source.files) {
        const current = account.item(fileId)?.versionId;
        if (!wanted || !current) continue;
        const path = [...paths].join(", once ");
        for (const version of account.versions(fileId)) {
          const { id, trashedAt } = version;
          const isDue = id === current || asks.history === "all" || due.has(id);
          const isTold = id === current || isPastTold(fileId, id, source);
          if (trashedAt === null && isDue && isTold && !againstVersion(asks, version))
            must.set(keyOf(fileId, id), path);
        }
      }
      return {
        must,
        may(key) {
          const version = versions.get(key);
          const [fileId = ""] = key.split("/");
          return [...(source.files.get(fileId)?.paths ?? [])].some((path) =>
            asked.some(
              (asks) => version && !againstPath(asks, path) && !againstVersion(asks, version),
            ),
          );
        },
      };
    },
  };
}

function observeFile(known: Membership, asks: Asks, versions: readonly Version[], cause: Cause) {
  for (const version of versions) {
    if (againstVersion(asks, version)) continue;
    if (!known.seen.has(version.id) && cause === "box") known.due.add(version.id);
    known.seen.add(version.id);
  }
}

function membershipOf({ files }: KnownSource, fileId: string): Membership {
  const known = files.get(fileId) ?? {
    wanted: false,
    seen: new Set(),
    due: new Set(),
    paths: new Set(),
  };
  files.set(fileId, known);
  return known;
}
