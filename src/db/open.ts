import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { type SQL, sql } from "drizzle-orm";
import type { Sql } from "postgres";
import { openClient } from "./client.ts";
import * as schema from "./schema.ts";

export type Database = PostgresJsDatabase<typeof schema>;
export type Transaction = Parameters<Parameters<Database["transaction"]>[0]>[0];
/** What queries take: so any of them can join any transaction. */
export type Queryable = Pick<
  Database,
  "select" | "selectDistinctOn" | "insert" | "update" | "delete" | "execute"
>;

export interface OpenDatabase {
  db: Database;
  close(): Promise<void>;
}

/**
 * One pool of at most `connections`. Connections are made when first needed and again after the
 * server returns; no statement is retried here. `close` waits up to five seconds for running ones.
 */
export function openDatabase(url: string, connections = 10): OpenDatabase {
  const { client, close } = openClient(url, {
    max: connections,
    onnotice: () => {},
    connection: {
      application_name: "longshore",
      // Plans made while a table was small would be kept after it has grown. Of references, whose plan is
      // always the same, triggers of the tables that fill have it kept (`migrations/0017_check_plans.sql`).
      plan_cache_mode: "force_custom_plan",
      // What was answered must be on disk, whatever the server's default.
      synchronous_commit: "on",
      // A transaction that was forgotten would hold back every clean-up of the queue's tables.
      idle_in_transaction_session_timeout: 60_000,
    },
  });
  return { db: drizzle({ client: client as Sql, schema }), close };
}

/** The rows of a statement written by hand, as the caller says they are shaped. */
export async function rows<Row extends object>(db: Queryable, statement: SQL): Promise<Row[]> {
  return (await db.execute(statement)) as unknown as Row[];
}

/**
 * JSON that PostgreSQL can read as text: it has no NUL and no half of a surrogate pair, which a
 * hostile name may hold; they become U+FFFD here rather than an error there.
 */
export const toJson = (value: unknown): string => {
  const text = JSON.stringify(value);
  // Looking for what is not there costs more than all the rest, in deliveries most of all.
  return text.includes("\\u") ? text.replace(UNKEPT, "$1\ufffd") : text;
};

const UNKEPT = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g;

/** Many rows in one parameter, for `json_to_recordset`: one statement whatever their number. */
export const records = (values: readonly object[]): SQL => sql`${toJson(values)}::json`;

/** Texts in one parameter, for `= any(…)`. */
export const texts = (values: readonly string[]): SQL =>
  sql`array(select json_array_elements_text(${toJson(values)}::json))`;
