import { type SQL, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { rows } from "../../src/db/open.ts";
import { inboxForEach } from "../support/for-each.ts";

const at = inboxForEach();

/** One row into each table that fills. */
const rowsOf = (): Record<string, SQL> => ({
  deliveries: sql`
    insert into deliveries (account_id, webhook_id, event_id, outcome, body)
    values (${at.account}::uuid, '1', '1', 'ignored', '')`,
  events: sql`
    insert into events (account_id, event_id, stream) values (${at.account}::uuid, '1', 'changes')`,
  folders: sql`
    insert into folders (account_id, folder_id, name, as_of) values (${at.account}::uuid, '10', 'Inbox', now())
    on conflict (account_id, folder_id) do update set as_of = excluded.as_of`,
  files: sql`
    insert into files (account_id, file_id, name, as_of) values (${at.account}::uuid, '1', 'a.csv', now())`,
  objects: sql`
    insert into objects (source_id, file_id, version_id, name, path, door, priority)
    values (${at.source}::uuid, '1', '1', 'a.csv', 'a.csv', 'listing', 0)`,
  checks: sql`
    insert into checks (account_id, file_id, reason, door, due_at)
    values (${at.account}::uuid, '1', 'to be sure', 'listing', now())`,
  walk_folders: sql`
    insert into walk_folders (walk_id, folder_id) select id, '10' from walks`,
});

const modeNow = (db = at.db) =>
  rows(db, sql`select current_setting('plan_cache_mode') as mode`).then(([row]) => row);

test("references are checked by plans that are kept, and what follows is planned anew", async () => {
  await at.db.execute(sql`
    insert into versions (file_id, version_id, sha1, size_bytes, name, door)
    values ('1', '1', repeat('a', 40), 1, 'a.csv', 'listing')`);
  await at.db.execute(sql`
    insert into walks (kind, account_id, folder_id, recursive, reason, door)
    values ('signal', ${at.account}::uuid, '10', true, 'FOLDER.COPIED', 'webhook')`);
  await at.db.execute(sql`create table noted (filled text, mode text)`);
  // Fires where the checks do: after each row, at the end of its statement.
  await at.db.execute(sql`
    create function note() returns trigger language plpgsql as $$
    begin
      insert into noted values (tg_table_name, current_setting('plan_cache_mode'));
      return null;
    end $$`);
  for (const table of Object.keys(rowsOf()))
    await at.db.execute(
      sql`create trigger note after insert on ${sql.identifier(table)} for each row execute function note()`,
    );

  for (const insert of Object.values(rowsOf()))
    await at.db.transaction(async (tx) => {
      await tx.execute(insert);
      expect(await modeNow(tx)).toEqual({ mode: "force_custom_plan" });
    });
  const noted = await rows<{ filled: string; mode: string }>(at.db, sql`select * from noted`);
  expect(Object.fromEntries(noted.map(({ filled, mode }) => [filled, mode]))).toEqual(
    Object.fromEntries(Object.keys(rowsOf()).map((table) => [table, "auto"])),
  );
});

test("a row whose reference is not there is refused, and its transaction goes on planning anew", async () => {
  const nobody = "00000000-0000-0000-0000-000000000000";
  await at.db.transaction(async (tx) => {
    const refused = tx.transaction((inner) =>
      inner.execute(sql`
        insert into files (account_id, file_id, name, as_of) values (${nobody}::uuid, '1', 'a.csv', now())`),
    );
    await expect(refused).rejects.toMatchObject({ cause: { code: "23503" } });
    expect(await modeNow(tx)).toEqual({ mode: "force_custom_plan" });
  });
});
