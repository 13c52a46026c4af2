import type { DatabaseSync, SQLOutputValue } from "node:sqlite";

export interface Bucket {
  name: string;
  createdAt: Date;
  updatedAt: Date;
  metageneration: number;
  /** What a caller chose: https://cloud.google.com/storage/docs/json_api/v1/buckets */
  fields: Record<string, unknown>;
}

export type Buckets = ReturnType<typeof openBuckets>;

/** The buckets by name, all in memory: every request asks for one. */
export function openBuckets(db: DatabaseSync) {
  const buckets = new Map<string, Bucket>();
  for (const row of db.prepare("select * from buckets").all())
    buckets.set(String(row["name"]), toBucket(row));

  return {
    bucket(name: string): Bucket | undefined {
      return buckets.get(name);
    },

    buckets(): Bucket[] {
      return Array.from(buckets.values()).sort((a, b) => (a.name < b.name ? -1 : 1));
    },

    addBucket(name: string, fields: Record<string, unknown> = {}): void {
      const createdAt = new Date();
      const bucket = { name, createdAt, updatedAt: createdAt, metageneration: 1, fields };
      db.prepare(
        "insert into buckets (name, created_at, updated_at, metageneration, fields) values (?, ?, ?, 1, ?)",
      ).run(name, createdAt.getTime(), createdAt.getTime(), JSON.stringify(fields));
      buckets.set(name, bucket);
    },

    describeBucket(before: Bucket, fields: Record<string, unknown>): Bucket {
      const metageneration = before.metageneration + 1;
      const bucket = { ...before, fields, metageneration, updatedAt: new Date() };
      db.prepare(
        "update buckets set metageneration = ?, updated_at = ?, fields = ? where name = ?",
      ).run(metageneration, bucket.updatedAt.getTime(), JSON.stringify(fields), before.name);
      buckets.set(before.name, bucket);
      return bucket;
    },

    removeBucket(name: string): void {
      db.prepare("delete from buckets where name = ?").run(name);
      buckets.delete(name);
    },
  };
}

/** Columns that a state written by an older sandbox lacks. */
export function addBucketColumns(db: DatabaseSync): void {
  const columns = db.prepare("select name from pragma_table_info('buckets')").all();
  if (columns.some(({ name }) => name === "fields")) return;
  db.exec(`
    alter table buckets add column updated_at integer not null default 0;
    alter table buckets add column metageneration integer not null default 1;
    alter table buckets add column fields text not null default '{}';
    update buckets set updated_at = created_at;
  `);
}

const toBucket = (row: Record<string, SQLOutputValue>): Bucket => ({
  name: String(row["name"]),
  createdAt: new Date(Number(row["created_at"])),
  updatedAt: new Date(Number(row["updated_at"])),
  metageneration: Number(row["metageneration"]),
  fields: JSON.parse(String(row["fields"])) as Record<string, unknown>,
});
