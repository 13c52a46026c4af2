import type { DatabaseSync } from "node:sqlite";

export type Records = ReturnType<typeof openRecords>;

/**
 * What callers may keep here and read back without any effect: access lists, policies, keys,
 * notifications. A scope is a list of its own, as `bucket/acl`.
 */
export function openRecords(db: DatabaseSync) {
  db.exec(`create table if not exists records (
    scope text not null, id text not null, body text not null, primary key (scope, id)
  ) strict;`);
  const read = (row: Record<string, unknown>) =>
    JSON.parse(String(row["body"])) as Record<string, unknown>;

  return {
    get(scope: string, id: string): Record<string, unknown> | undefined {
      const row = db.prepare("select body from records where scope = ? and id = ?").get(scope, id);
      return row && read(row);
    },

    all: (scope: string): Record<string, unknown>[] =>
      db.prepare("select body from records where scope = ? order by id").all(scope).map(read),

    set(scope: string, id: string, body: Record<string, unknown>): void {
      db.prepare("insert or replace into records values (?, ?, ?)").run(
        scope,
        id,
        JSON.stringify(body),
      );
    },

    remove(scope: string, id: string): void {
      db.prepare("delete from records where scope = ? and id = ?").run(scope, id);
    },

    /** Everything whose scope begins so. */
    removeBelow(prefix: string): void {
      db.prepare("delete from records where substr(scope, 1, ?) = ?").run(prefix.length, prefix);
    },
  };
}
