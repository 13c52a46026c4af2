import { sql } from "drizzle-orm";
import { Failure } from "../core/failure.ts";
import { type Queryable, rows } from "../db/open.ts";

/**
 * Holds the service to the bucket in which its objects lie: the configured one is remembered, and another one
 * later is a `conflict` while anything lies in the first, since what is stored would be looked for, and what
 * is owed be written, in two places. Sources that have a place of their own are not concerned.
 */
export async function holdToBucket(db: Queryable, bucket: string): Promise<void> {
  const [known] = await rows<{ bucket: string; sources: number }>(
    db,
    sql`
      with first as (
        insert into lake (bucket) values (${bucket}) on conflict do nothing returning bucket)
      select bucket, 0 as sources from first
      union all
      select bucket, (select count(*)::int from sources s where s.bucket is null and exists (
        select from objects o where o.source_id = s.id and o.generation is not null))
      from lake`,
  );
  if (known === undefined || known.bucket === bucket) return;
  if (known.sources === 0) return moveLake(db, bucket);
  const sources = known.sources === 1 ? "one source lie" : `${known.sources} sources lie`;
  throw new Failure(
    "conflict",
    `LAKE_URL names the bucket ${bucket}, and the objects of ${sources} in ${known.bucket}`,
    {
      hint: `Set LAKE_URL back to ${known.bucket}; new sources may use ${bucket} when LAKE_ALLOWED names it. If the objects were moved there under the same names, or this is a copy of another installation that begins a lake of its own, run the role "move-lake" once.`,
    },
  );
}

/** An operator says that the lake is in this bucket from now on. The same again changes nothing. */
export async function moveLake(db: Queryable, bucket: string): Promise<void> {
  await db.execute(sql`
    insert into lake as known (bucket) values (${bucket})
    on conflict (is_only) do update set bucket = excluded.bucket, since = now()
    where known.bucket <> excluded.bucket`);
}
