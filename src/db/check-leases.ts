import { sql } from "drizzle-orm";
import type { Door, ToldVersions } from "../core/change.ts";
import type { AccountId, FileId, FolderId } from "../core/ids.ts";
import { type Queryable, rows } from "./open.ts";

export interface LeasedCheck {
  id: number;
  lease: number;
  attempts: number;
  asked: number;
  /** Its place in the queue. */
  priority: number;
  accountId: AccountId;
  fileId: FileId;
  /** Where it was said to lie. */
  parentId: FolderId | null;
  /** The versions that its signals named, and that were not recorded then. */
  told: ToldVersions;
  /** The door whose signal asked first: what the check finds was noticed there. */
  door: Door;
}

/** Leases a check that is due, free, and of a linked account. */
export async function leaseCheck(db: Queryable, worker: string, id: number) {
  const [row] = await rows<Omit<LeasedCheck, "id"> & { id: string }>(
    db,
    sql`
      update checks c set leased_by = ${worker}::uuid, lease = c.lease + 1
      from accounts a
      where c.id = ${id}::bigint and c.state = 'due' and c.due_at <= now() and c.leased_by is null
        and a.id = c.account_id and a.state = 'linked'
      returning c.id::text as id, c.lease, c.attempts, c.asked, c.priority,
        c.account_id as "accountId", c.file_id as "fileId", c.parent_id as "parentId", c.told, c.door`,
  );
  return row && { ...row, id: Number(row.id) };
}

/** Ends a check that was done: gone, or due again when it was asked meanwhile (then true). */
export async function finishCheck(
  db: Queryable,
  worker: string,
  check: LeasedCheck,
): Promise<boolean> {
  const mine = sql`id = ${check.id}::bigint and lease = ${check.lease}::int and leased_by = ${worker}::uuid`;
  await db.execute(sql`delete from checks where ${mine} and asked = ${check.asked}::int`);
  const again = await rows(
    db,
    sql`
      update checks set leased_by = null, attempts = 0, due_at = now() where ${mine} returning id`,
  );
  return again.length > 0;
}
