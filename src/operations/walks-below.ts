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
  const ways = await waysDown(db, account, roots);
  return whole.flatMap(({ change: { folderId: above, reason }, asOf }) =>
    roots
      .filter((root) => root !== above)
      .filter((root) => ways.get(root)?.some(({ folderId }) => folderId === above))
      .map((folderId): FolderNews => {
        return {
          change: { kind: "folder", folderId, recursive: true, repeat: true, reason },
          asOf,
        };
      }),
  );
}
