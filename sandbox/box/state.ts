import { randomInt } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  DatabaseSync,
  type SQLInputValue,
  type SQLOutputValue,
  type StatementSync,
} from "node:sqlite";

export type Value = SQLInputValue;
export type Row = Record<string, SQLOutputValue>;

export interface State {
  /** The folder that everything but the account's tree is kept in. */
  readonly folder: string;
  one: <T>(read: (row: Row) => T, sql: string, ...values: Value[]) => T | undefined;
  all: <T>(read: (row: Row) => T, sql: string, ...values: Value[]) => T[];
  run: (sql: string, ...values: Value[]) => void;
  /** A new row; its keys are the columns. */
  insert: (table: string, row: object) => void;
  /** All or nothing. Inside another transaction it simply joins it. */
  transaction: <T>(work: () => T) => T;
  /** A text that is made once and then the same after every restart. */
  remembered: (name: string, make: () => string) => string;
  /** A decimal id as Box makes them: unique, and in no order that means anything. */
  newId: () => string;
  close: () => void;
}

/**
 * Everything the sandbox remembers, in one SQLite file that survives restarts. Times are
 * milliseconds since 1970; ids are text.
 */
export function openState(folder: string): State {
  mkdirSync(folder, { recursive: true });
  const db = new DatabaseSync(join(folder, "box.sqlite"));
  // A sandbox may lose its last moments with the power, but never its shape: hence no full fsync.
  db.exec("pragma journal_mode = wal; pragma synchronous = normal; pragma busy_timeout = 5000;");
  db.exec(TABLES);
  addColumns(db);

  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string) => {
    const known = statements.get(sql);
    if (known) return known;
    const made = db.prepare(sql);
    statements.set(sql, made);
    return made;
  };

  let depth = 0;
  const state: State = {
    folder,
    one(read, sql, ...values) {
      const row = prepare(sql).get(...values);
      return row && read(row);
    },
    all: (read, sql, ...values) =>
      prepare(sql)
        .all(...values)
        .map(read),
    run: (sql, ...values) => void prepare(sql).run(...values),
    insert(table, row) {
      const columns = Object.keys(row);
      const marks = columns.map(() => "?").join(", ");
      const sql = `insert into ${table} (${columns.join(", ")}) values (${marks})`;
      prepare(sql).run(...Object.values(row));
    },
    transaction(work) {
      if (depth > 0) return work();
      db.exec("begin immediate");
      depth++;
      try {
        const result = work();
        db.exec("commit");
        return result;
      } catch (error) {
        db.exec("rollback");
        throw error;
      } finally {
        depth--;
      }
    },
    remembered(name, make) {
      const sql = "select value from settings where name = ?";
      const known = state.one((row) => String(row["value"]), sql, name);
      if (known !== undefined) return known;
      const value = make();
      state.run("insert into settings (name, value) values (?, ?)", name, value);
      return value;
    },
    newId: () => String(randomInt(100_000_000_000, 2 ** 41)),
    close: () => db.close(),
  };
  return state;
}

/** Columns that a state written by an older sandbox may lack. */
const ADDED: [table: string, column: string][] = [
  ["items", "attributes text not null default '{}'"],
  ["versions", "trashedBy text"],
  ["versions", "restoredBy text"],
  ["deliveries", "address text"],
  ["tokens", "scope text"],
  ["tokens", "resource text"],
  ["users", "enterpriseId text"],
];

function addColumns(db: DatabaseSync): void {
  for (const [table, column] of ADDED) {
    const known = db.prepare(`select name from pragma_table_info('${table}')`).all();
    if (known.some(({ name }) => column.startsWith(`${String(name)} `))) continue;
    db.exec(`alter table ${table} add column ${column}`);
  }
}

/** For queries whose one column is called `count`. */
export const countOf = (row: Row) => Number(row["count"]);

const TABLES = `
-- One text that must stay the same over restarts.
create table if not exists settings (name text primary key, value text not null) strict;

-- One person or service account.
create table if not exists users (
  id text primary key, name text not null, login text not null unique, service integer not null
) strict;

-- One file or folder, in the tree or in the trash.
create table if not exists items (
  id text primary key,
  type text not null check (type in ('file', 'folder')),
  kind integer not null generated always as (case type when 'folder' then 0 else 1 end) stored,
  parentId text,
  name text not null,
  nameKey text not null,
  etag integer not null,
  sequenceId integer not null,
  versionId text,
  createdAt integer not null, createdBy text not null,
  modifiedAt integer not null, modifiedBy text not null,
  contentCreatedAt integer not null, contentModifiedAt integer not null,
  trashedAt integer,
  -- What lies on the disk for it: the inode and its birth, and for a file its size and time.
  diskIdentity text, diskSize integer, diskMtime text
) strict;
-- Box compares names without regard to case; the trash may hold any number of equals.
create unique index if not exists items_by_name on items (parentId, nameKey) where trashedAt is null;
create index if not exists items_by_parent on items (parentId, kind, nameKey, id);
create index if not exists items_by_identity on items (diskIdentity);

-- One content of a file.
create table if not exists versions (
  id text primary key,
  fileId text not null,
  ordinal integer not null,
  sha1 text not null,
  size integer not null,
  name text not null,
  etag integer not null,
  createdAt integer not null, createdBy text not null,
  contentCreatedAt integer not null, contentModifiedAt integer not null,
  trashedAt integer, restoredAt integer,
  unique (fileId, ordinal)
) strict;

-- One item shared with one user.
create table if not exists collaborations (
  id text primary key, itemId text not null, userId text not null, role text not null,
  createdAt integer not null, createdBy text not null, unique (itemId, userId)
) strict;

-- One event as one reader sees it: a user, or (userId null) the enterprise.
create table if not exists events (
  sequence integer primary key autoincrement,
  userId text, type text not null, everythingOnly integer not null, createdAt integer not null,
  body text not null
) strict;
create index if not exists events_by_reader on events (userId, sequence);

-- One webhook.
create table if not exists webhooks (
  id text primary key, itemId text not null, itemType text not null, userId text not null,
  address text not null, triggers text not null, createdAt integer not null, unique (itemId, userId)
) strict;

-- One message owed to a webhook's address.
create table if not exists deliveries (
  id integer primary key autoincrement,
  webhookId text not null, trigger text not null, body text not null,
  attempts integer not null default 0, dueAt integer not null
) strict;
create index if not exists deliveries_by_due on deliveries (dueAt, id);

-- One access token, refresh token or authorization code.
create table if not exists tokens (
  token text primary key,
  kind text not null check (kind in ('access', 'refresh', 'code')),
  userId text not null, subject text not null, expiresAt integer not null,
  -- The login it belongs to: revoking one of its tokens revokes them all.
  grantId text not null,
  redirectUri text,
  usedAt integer, replacement text
) strict;
create index if not exists tokens_by_grant on tokens (grantId);
`;
