import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase, rows, texts } from "../../src/db/open.ts";
import { cloneDatabase } from "../support/database.ts";

let clone: Awaited<ReturnType<typeof cloneDatabase>>;
beforeAll(async () => {
  clone = await cloneDatabase();
});
afterAll(() => clone.close());

test("a statement is parsed once a connection, in a transaction and outside, whatever it is given", async () => {
  const { db, close } = openDatabase(clone.url, 1);
  const count = (given: string[]) => sql`select cardinality(${texts(given)}) as counted`;
  for (const given of [["a"], ["a", "b"]]) await rows(db, count(given));
  await db.transaction(async (tx) => {
    expect(await rows(tx, count(["a", "b", "c"]))).toEqual([{ counted: 3 }]);
  });
  const kept = await rows(
    db,
    sql`select generic_plans, custom_plans from pg_prepared_statements
      where statement like '%as counted%' and statement like ${"%cardinality%"}
        and statement not like '%pg_prepared_statements%'`,
  );
  // Custom plans only: a plan made for a small table must not outlive its smallness.
  expect(kept).toEqual([{ generic_plans: "0", custom_plans: "3" }]);
  await close();
});

test("a transaction that throws leaves nothing behind, and its error comes through", async () => {
  const { db, close } = openDatabase(clone.url, 1);
  await db.execute(sql`create table kept (id int)`);
  const failure = new Error("no");
  const failed = db.transaction(async (tx) => {
    await tx.execute(sql`insert into kept values (1)`);
    throw failure;
  });
  await expect(failed).rejects.toBe(failure);
  expect(await rows(db, sql`select * from kept`)).toEqual([]);
  await close();
});
