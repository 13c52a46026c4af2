import { sql } from "drizzle-orm";
import type { FileId, SourceId, VersionId } from "../core/ids.ts";
import { type Queryable, rows, texts } from "./open.ts";

export interface KnownToSource {
  fileId: FileId;
  versionId: VersionId;
  /** When a door first showed it. */
  seenAt: Date;
  /** Of the source's object; null when it was never owed. */
  state: "pending" | "waiting" | "stored" | "given_up" | "withdrawn" | null;
}

/** What is known of the versions of these files, and where a source stands with them. */
export async function knownToSource(
  db: Queryable,
  source: SourceId,
  files: readonly FileId[],
): Promise<KnownToSource[]> {
  if (files.length === 0) return [];
  const found = await rows<Omit<KnownToSource, "seenAt"> & { seenAt: string }>(
    db,
    sql`
      select v.file_id as "fileId", v.version_id as "versionId", v.seen_at as "seenAt", o.state
      from versions v left join objects o on o.file_id = v.file_id and o.version_id = v.version_id
        and o.source_id = ${source}::uuid
      where v.file_id = any(${texts(files)})`,
  );
  return found.map((row) => ({ ...row, seenAt: new Date(row.seenAt) }));
}
