import { sql } from "drizzle-orm";
import type { AccountId, FileId, VersionId } from "../core/ids.ts";
import { type Queryable, records, rows } from "./open.ts";

export interface ShownVersion {
  fileId: FileId;
  versionId: VersionId;
}

/** Notes that Box was found to hold a version no longer. The first moment stands: true when this is it. */
export async function markLost(
  db: Queryable,
  { fileId, versionId }: ShownVersion,
): Promise<boolean> {
  const lost = await rows(
    db,
    sql`
      update versions set lost_at = now()
      where file_id = ${fileId} and version_id = ${versionId} and lost_at is null returning file_id`,
  );
  return lost.length > 0;
}

/**
 * Owes again what was given up because Box no longer showed it, now that the account is shown it: a
 * file came back from the trash, or a version was restored. Takes them in the order of their ids, as all do
 * who take several. Answers what is to be woken; the same again finds nothing.
 */
export async function oweGoneAgain(
  db: Queryable,
  account: AccountId,
  shown: readonly ShownVersion[],
): Promise<{ id: number; priority: number }[]> {
  if (shown.length === 0) return [];
  const again = await rows<{ id: string; priority: number }>(
    db,
    sql`
      with gone as (
        select o.id from objects o
        join json_to_recordset(${records(shown)}) as shown("fileId" text, "versionId" text)
          on o.file_id = shown."fileId" and o.version_id = shown."versionId"
        join sources s on s.id = o.source_id and s.account_id = ${account}::uuid and s.state <> 'deleted'
        where o.state = 'given_up' and o.failure = 'gone'
        order by o.id for update of o),
      again as (
        update objects o set state = 'pending', attempts = 0, due_at = now()
        from gone where o.id = gone.id
        returning o.id, o.priority, o.file_id, o.version_id),
      found as (
        update versions v set lost_at = null from again
        where v.file_id = again.file_id and v.version_id = again.version_id)
      select id, priority from again`,
  );
  return again.map(({ id, priority }) => ({ id: Number(id), priority }));
}
