import type { Change } from "../core/change.ts";
import type { AccountId, FolderId } from "../core/ids.ts";
import { waysDown } from "../db/ancestry.ts";
import type { Queryable } from "../db/open.ts";

type FolderChange = Extract<Change, { kind: "folder" }>;

/**
 * The walks that changes of folders outside every source lead to: when a folder was restored, moved or
 * shared with all that lies in it, the folders of sources below come back with it, and Box says nothing
 * of them. `roots` are the folders of the account's sources; where they lie is remembered.
 */
export async function walksBelow(
  db: Queryable,
  account: AccountId,
  roots: readonly FolderId[],
  outside: readonly FolderChange[],
): Promise<FolderChange[]> {
  const whole = outside.filter(({ recursive, repeat }) => recursive && repeat);
  if (whole.length === 0) return [];
  const ways = await waysDown(db, account, roots);
  return whole.flatMap(({ folderId: above, reason }) =>
    roots
      .filter((root) => root !== above)
      .filter((root) => ways.get(root)?.some(({ folderId }) => folderId === above))
      .map((folderId) => ({ kind: "folder", folderId, recursive: true, repeat: true, reason })),
  );
}
