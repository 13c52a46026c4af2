import { and, desc, eq, gte, inArray, isNotNull, isNull, lt, type SQL, sql } from "drizzle-orm";
import { type Queryable, texts } from "./open.ts";
import { objects, sources, versions } from "./schema.ts";

export type ObjectState = (typeof objects.$inferSelect)["state"];
export const OBJECT_STATES = [
  "pending",
  "waiting",
  "stored",
  "given_up",
  "withdrawn",
] as const satisfies ObjectState[];
export type StoredVersion = Awaited<ReturnType<typeof searchVersions>>[number];

export interface VersionSearch {
  sourceId?: string | undefined;
  state?: ObjectState | undefined;
  /** A part of the path below the source folder, whatever its case. */
  path?: string | undefined;
  /** A tag that the source carries now. */
  tag?: string | undefined;
  fileId?: string | undefined;
  /** Only what does not fit its source's path template, or only what does. */
  misfit?: boolean | undefined;
  /** When it was first owed: from, and before to. */
  from?: Date | undefined;
  to?: Date | undefined;
  /** The object id of the last one of the page before. */
  after?: number | undefined;
  limit: number;
}

/**
 * What the lake owes or keeps, each object with the facts of its version, newest first: ids grow
 * with time, so they order and page. Objects of deleted sources are among them.
 */
export async function searchVersions(db: Queryable, search: VersionSearch) {
  const { sourceId, state, tag, limit } = search;
  const isOfSome = sourceId !== undefined || state !== undefined || tag !== undefined;
  return select(db)
    .where(isOfSome ? inArray(objects.id, newestOfEach(search)) : conditionsOf(search))
    .orderBy(desc(objects.id))
    .limit(limit);
}

const given = <Value>(value: Value | undefined, condition: (value: Value) => SQL) =>
  value === undefined ? undefined : condition(value);

/** What is asked of each object by itself. */
const conditionsOf = ({ path, fileId, misfit, from, to, after }: VersionSearch) =>
  and(
    given(path, (part) => sql`strpos(lower(${objects.path}), lower(${part}::text)) > 0`),
    given(fileId, (id) => eq(objects.fileId, id)),
    given(misfit, (misfit) => (misfit ? isNotNull(objects.misfit) : isNull(objects.misfit))),
    given(from, (at) => gte(objects.seenAt, at)),
    given(to, (at) => lt(objects.seenAt, at)),
    given(after, (id) => lt(objects.id, id)),
  );

/**
 * The ids of a page's objects. Of each source and state that is asked for the newest are read along
 * `objects_source_state`, a page at most: a source with few is found among any number of others, and one that
 * has none in that state at once. A range of one state, and an order by it, leave PostgreSQL no other way: it
 * takes states for spread evenly, and would look for them through all objects, newest first.
 */
function newestOfEach(search: VersionSearch): SQL {
  const { sourceId, state, tag, limit } = search;
  const wanted = and(
    given(sourceId, (id) => sql`id = ${id}::uuid`),
    given(tag, (tag) => sql`${tag} = any(tags)`),
  );
  const states = state === undefined ? OBJECT_STATES : [state];
  return sql`(
    select found.id from (select id from sources where ${wanted ?? sql`true`}) of
    cross join unnest(${texts(states)}) as asked(state)
    cross join lateral (
      select ${objects.id} from ${objects}
      where ${objects.sourceId} = of.id and ${objects.state} between asked.state and asked.state
        and ${conditionsOf(search) ?? sql`true`}
      order by ${objects.state} desc, ${objects.id} desc limit ${limit}::int) found
    order by found.id desc limit ${limit}::int)`;
}

/** One object with the facts of its version. */
export async function findVersion(
  db: Queryable,
  objectId: number,
): Promise<StoredVersion | undefined> {
  const [row] = await select(db).where(eq(objects.id, objectId));
  return row;
}

const select = (db: Queryable) =>
  db
    .select({
      objectId: objects.id,
      sourceId: objects.sourceId,
      fileId: objects.fileId,
      versionId: objects.versionId,
      state: objects.state,
      /** Its name in the bucket. */
      name: objects.name,
      /** Of its source; null for the lake's own. */
      bucket: sources.bucket,
      path: objects.path,
      pathFields: objects.pathFields,
      misfit: objects.misfit,
      door: objects.door,
      seenAt: objects.seenAt,
      storedAt: objects.storedAt,
      generation: objects.generation,
      crc32c: objects.crc32c,
      sha1: versions.sha1,
      sizeBytes: versions.sizeBytes,
      /** When each door first saw the version, for whichever account and source. */
      webhookAt: versions.webhookAt,
      eventsAt: versions.eventsAt,
      listingAt: versions.listingAt,
      attempts: objects.attempts,
      /** When it is tried again, for one that waits. */
      dueAt: objects.dueAt,
      /** Of the last attempt that failed; it says nothing about an object that is stored by now. */
      failureReason: objects.failureReason,
      hint: objects.hint,
    })
    .from(objects)
    .innerJoin(sources, eq(sources.id, objects.sourceId))
    .innerJoin(
      versions,
      and(eq(versions.fileId, objects.fileId), eq(versions.versionId, objects.versionId)),
    )
    .$dynamic();
