import type { Change, Door, FolderFact, News } from "../core/change.ts";
import type { AccountId, FolderId } from "../core/ids.ts";
import { type FolderRow, rowsOfWay, waysDown } from "../db/ancestry.ts";
import type { PlacedElsewhere } from "../db/file-places.ts";
import { recordedAmong } from "../db/facts.ts";
import type { Queryable } from "../db/open.ts";
import type { Placed } from "./owe-objects.ts";

interface Seen {
  accountId: AccountId;
  door: Door;
  news: News[];
}

type FileChange = Extract<Change, { kind: "file" }>;

/** Every folder that the news names on the way to something. */
export function foldersIn(news: News[]): FolderRow[] {
  return news.flatMap(({ change, asOf }) => {
    if (change.kind === "file" || change.kind === "hidden") return [];
    const folders =
      (change.kind === "version" ? change.file.ancestors : change.at?.ancestors) ?? [];
    const way = rowsOfWay(folders, asOf);
    if (change.kind !== "folder" || !change.at) return way;
    const { name, parentId, ancestors } = change.at;
    // Without a way or a parent it would stand at the top.
    if (!ancestors && parentId === undefined) return way;
    return [...way, { folderId: change.folderId, name, parentId, asOf }];
  });
}

/** Where each change happened, from the top down; undefined while only Box could say. */
export async function resolveWays(tx: Queryable, seen: Seen) {
  const unnamed = seen.news.flatMap(({ change }) => parentToLookUp(change) ?? []);
  const remembered = await waysDown(tx, seen.accountId, [...new Set(unnamed)]);
  return (change: Change): FolderFact[] | undefined => {
    if (change.kind === "version" && change.file.ancestors) return change.file.ancestors;
    const parent = parentToLookUp(change);
    const above = parent === undefined ? undefined : remembered.get(parent);
    if (change.kind !== "folder") return above;
    const way = change.at?.ancestors ?? above;
    return change.at && way && [...way, { folderId: change.folderId, name: change.at.name }];
  };
}

function parentToLookUp(change: Change): FolderId | undefined {
  if (change.kind === "hidden") return undefined;
  if (change.kind === "file") return change.parentId;
  const place = change.kind === "version" ? change.file : change.at;
  return place?.ancestors ? undefined : place?.parentId;
}

/**
 * Where newer news has put these files meanwhile. Late news must not miss a source that the file
 * has moved into, and what is wanted by either place is wanted.
 */
export async function newerPlaces(
  tx: Queryable,
  seen: Seen,
  moved: PlacedElsewhere[],
): Promise<Placed[]> {
  const parents = moved.flatMap(({ parentId }) => parentId ?? []);
  const ways = await waysDown(tx, seen.accountId, [...new Set(parents)]);
  return moved.flatMap(({ fileId, name, parentId }) => {
    const way = parentId === null ? undefined : ways.get(parentId);
    return way ? [{ fileId, name, way }] : [];
  });
}

/**
 * The changes that name a version on record, with the place of its file: whether it is owed there is
 * decided from the facts, and Box need not be asked.
 */
export async function settledAlready(tx: Queryable, seen: Seen, asked: FileChange[]) {
  const named = asked.flatMap(({ fileId, versionId, parentId }) =>
    versionId ? [{ fileId, versionId, parentId }] : [],
  );
  const known = await recordedAmong(tx, seen.accountId, named, seen.door);
  const parents = known.flatMap(({ parentId }) => parentId ?? []);
  const ways = await waysDown(tx, seen.accountId, [...new Set(parents)]);
  const settled = new Map<FileChange, Placed>();
  for (const change of asked) {
    const found = known.find(
      ({ fileId, versionId }) => fileId === change.fileId && versionId === change.versionId,
    );
    const way = found?.parentId ? ways.get(found.parentId) : undefined;
    if (found && way) settled.set(change, { fileId: found.fileId, name: found.name, way });
  }
  return settled;
}
