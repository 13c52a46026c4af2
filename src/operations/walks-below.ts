import type { Change, News } from "../core/change.ts";
import type { AccountId, FolderId } from "../core/ids.ts";
import { waysDown } from "../db/ancestry.ts";
import type { Queryable } from "../db/open.ts";

/** News of a folder. */
export interface FolderNews extends News {
  change: Extract<Change, { kind: "folder" }>;
}

/**
 * The walks that changes of folders outside every source lead to: when a folder was restored, moved or
 * shared with all that lies in it, the folders of sources below come back with it, and Box says nothing
 * of them. `roots` are the folders of the account's sources; where they lie is remembered.
 */
export async function walksBelow(
  db: Queryable,
  account: AccountId,
  roots: readonly FolderId[],
  outside: readonly FolderNews[],
): Promise<FolderNews[]> {
  const whole = outside.filter(({ change }) => change.recursive && change.repeat);
  if (whole.length === 0) return [];
  const below = await rootsBelow(db, account, roots);
  return whole.flatMap(({ change: { folderId: above, reason }, asOf }) =>
    below(above)
      .filter((root) => root !== above)
      .map((folderId): FolderNews => {
        return {
          change: { kind: "folder", folderId, recursive: true, repeat: true, reason },
          asOf,
        };
      }),
  );
}

/**
 * The looks at sources' folders that may be hidden by now, with what they lie in. One call each: the walk of
 * one that is hidden has its sources listed, which says so; of one that is not, only its own rows are read.
 */
export async function looksAtHidden(
  db: Queryable,
  account: AccountId,
  roots: readonly FolderId[],
  news: readonly News[],
): Promise<FolderNews[]> {
  const hidden = news.flatMap(({ change, asOf }) =>
    change.kind === "hidden" ? [{ ...change, asOf }] : [],
  );
  if (hidden.length === 0) return [];
  const below = await rootsBelow(db, account, roots);
  return hidden.flatMap(({ folderId: above, reason, asOf }) =>
    below(above).map((folderId): FolderNews => {
      return {
        change: { kind: "folder", folderId, recursive: false, repeat: false, reason },
        asOf,
      };
    }),
  );
}

/** Which of these folders lie in a folder, as far as is remembered, or are it. */
async function rootsBelow(db: Queryable, account: AccountId, roots: readonly FolderId[]) {
  const ways = await waysDown(db, account, roots);
  return (above: FolderId) =>
    roots.filter(
      (root) => root === above || ways.get(root)?.some(({ folderId }) => folderId === above),
    );
}
