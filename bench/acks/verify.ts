import type { Sql } from "postgres";
import { idsOf } from "./delivery.ts";

/** What an acknowledged delivery must have left behind: exactly one row for each of these. */
const LEFT = {
  ours: `
    select
      (select count(*) from deliveries where event_id = a.event_id) = 1
      and (select count(*) from versions where file_id = a.file_id and version_id = a.version_id) = 1
      and (select count(*) from objects where file_id = a.file_id) = 1
      and (select count(*) from objects o join jobs j on j.object_id = o.id
        where o.file_id = a.file_id and o.version_id = a.version_id) = 1 as whole
    from acknowledged a`,
  plain: `
    select
      (select count(*) from inbox where event_id = a.event_id) = 1
      and (select count(*) from jobs where event_id = a.event_id) = 1 as whole
    from acknowledged a`,
};

/**
 * How many of the acknowledged deliveries are not there in full, or more than once. The tables are
 * read after the server ended, over a connection of our own.
 */
export async function countBroken(
  sql: Sql,
  kind: keyof typeof LEFT,
  acknowledged: Iterable<number>,
): Promise<number> {
  const ids = Array.from(acknowledged, idsOf);
  const once = new Set(ids.map(({ eventId }) => eventId)).size;
  if (once !== ids.length) throw new Error("bug: a delivery was sent twice");
  const [row] = await sql.begin(async (tx) => {
    await tx`
      create temporary table acknowledged on commit drop as
      select "eventId" as event_id, "fileId" as file_id, "versionId" as version_id
      from json_to_recordset(${JSON.stringify(ids)}::text::json)
        as a("eventId" text, "fileId" text, "versionId" text)`;
    await tx`
      create temporary table jobs on commit drop as
      select (payload->>'objectId')::bigint as object_id, payload->>'id' as event_id
      from graphile_worker._private_jobs`;
    await tx`create index on jobs (object_id)`;
    await tx`create index on jobs (event_id)`;
    await tx`analyze jobs, acknowledged`;
    return tx.unsafe(`select count(*) filter (where not whole) as broken, count(*) as all
      from (${LEFT[kind]}) judged`);
  });
  if (Number(row?.["all"]) !== ids.length) throw new Error("bug: not every delivery was judged");
  return Number(row?.["broken"]);
}
