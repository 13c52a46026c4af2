import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { addBucketColumns, openBuckets } from "./buckets.ts";
import type { Generation, ObjectFields } from "./generation.ts";

/**
 * Everything but the bytes. A write is there in full or not at all, also after kill -9: SQLite's
 * log survives the process, and only the machine's power is not guarded against (no fsync).
 */
export type Catalogue = ReturnType<typeof openCatalogue>;

/** Opens it, and makes or completes its tables. New generations are above all that it holds. */
export function openCatalogue(file: string) {
  const db = new DatabaseSync(file);
  db.exec(SCHEMA);
  addBucketColumns(db);
  const newest = db.prepare("select max(generation) as newest from generations").get();
  let lastGeneration = Number(newest?.["newest"] ?? 0);

  const live = db.prepare(
    "select * from generations where bucket = ? and name = ? and ended_at is null",
  );
  const insert = db.prepare(
    `insert into generations values (:generation, :bucket, :name, :metageneration, :size_bytes,
       :crc32c, :md5_hash, :fields, :finalised_at, :updated_at, null, :path, :staged)`,
  );
  const end = db.prepare("update generations set ended_at = ? where generation = ?");
  const walk = db.prepare(
    `select * from generations
      where bucket = ? and ended_at is null and name >= ? order by name`,
  );

  return {
    db,

    /** Microseconds, but never the same or a smaller number twice, whatever the clock does. */
    nextGeneration(): number {
      lastGeneration = Math.max(lastGeneration + 1, Date.now() * 1000);
      return lastGeneration;
    },

    live(bucket: string, name: string): Generation | undefined {
      const row = live.get(bucket, name);
      return row && toGeneration(row);
    },

    /** The new generation becomes the live one and `previous`, if any, ends: both or neither. */
    add(next: Omit<Generation, "endedAt">, previous: Generation | undefined): void {
      const write = () =>
        insert.run({
          generation: next.generation,
          bucket: next.bucket,
          name: next.name,
          metageneration: next.metageneration,
          size_bytes: next.sizeBytes,
          crc32c: next.crc32c,
          md5_hash: next.md5Hash,
          fields: JSON.stringify(next.fields),
          finalised_at: next.finalisedAt.getTime(),
          updated_at: next.updatedAt.getTime(),
          path: next.path,
          staged: next.staged,
        });
      if (!previous) return void write();
      db.exec("begin");
      end.run(Date.now(), previous.generation);
      write();
      db.exec("commit");
    },

    end(generation: number): void {
      end.run(Date.now(), generation);
    },

    moved(generation: number, path: string): void {
      db.prepare("update generations set path = ? where generation = ?").run(path, generation);
    },

    describe({ generation, metageneration, fields, updatedAt }: Generation): void {
      db.prepare(
        "update generations set metageneration = ?, fields = ?, updated_at = ? where generation = ?",
      ).run(metageneration, JSON.stringify(fields), updatedAt.getTime(), generation);
    },

    /**
     * Live objects in the order of their names' UTF-8 bytes, from `first` on, read as they are
     * asked for; nothing may be written in between.
     */
    *from(bucket: string, first: string): Generator<Generation> {
      for (const row of walk.iterate(bucket, first)) yield toGeneration(row);
    },

    /** Every generation, also those that ended, by name and then oldest first. */
    generations: (bucket: string): Generation[] =>
      db
        .prepare("select * from generations where bucket = ? order by name, generation")
        .all(bucket)
        .map(toGeneration),

    /** Every generation that was ever finalised in the bucket, oldest first. */
    history(bucket: string): Generation[] {
      return db
        .prepare("select * from generations where bucket = ? order by generation")
        .all(bucket)
        .map(toGeneration);
    },

    byGeneration(generation: number): Generation | undefined {
      const row = db.prepare("select * from generations where generation = ?").get(generation);
      return row && toGeneration(row);
    },

    /** The generations whose staged files are among `staged`, in one pass. */
    stagedAs(staged: string[]): Generation[] {
      return db
        .prepare("select * from generations where staged in (select value from json_each(?))")
        .all(JSON.stringify(staged))
        .map(toGeneration);
    },

    ...openBuckets(db),

    close(): void {
      db.close();
    },
  };
}

const SCHEMA = `
  pragma journal_mode = wal;
  pragma synchronous = off;
  pragma wal_autocheckpoint = 4000;
  create table if not exists buckets (name text primary key, created_at integer not null) strict;
  create table if not exists generations (
    generation integer primary key,
    bucket text not null,
    name text not null,
    metageneration integer not null,
    size_bytes integer not null,
    crc32c text not null,
    md5_hash text not null,
    fields text not null,
    finalised_at integer not null,
    updated_at integer not null,
    ended_at integer,
    path text not null,
    staged text not null
  ) strict;
  create unique index if not exists live on generations (bucket, name) where ended_at is null;
  create table if not exists sessions (
    id text primary key,
    bucket text not null,
    name text not null,
    started_at integer not null,
    declared_bytes integer,
    preconditions text not null,
    fields text not null,
    promised text not null,
    persisted_bytes integer not null,
    outcome text not null check (outcome in ('open', 'finalised', 'cancelled', 'gone')),
    generation integer
  ) strict;
`;

type Row = Record<string, SQLOutputValue>;

function toGeneration(row: Row): Generation {
  const endedAt = row["ended_at"];
  return {
    bucket: String(row["bucket"]),
    name: String(row["name"]),
    generation: Number(row["generation"]),
    metageneration: Number(row["metageneration"]),
    sizeBytes: Number(row["size_bytes"]),
    crc32c: String(row["crc32c"]),
    md5Hash: String(row["md5_hash"]),
    fields: JSON.parse(String(row["fields"])) as ObjectFields,
    finalisedAt: new Date(Number(row["finalised_at"])),
    updatedAt: new Date(Number(row["updated_at"])),
    endedAt: endedAt === null ? undefined : new Date(Number(endedAt)),
    path: String(row["path"]),
    staged: String(row["staged"]),
  };
}
