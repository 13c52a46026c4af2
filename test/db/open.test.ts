import { setTimeout } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase, rows, texts } from "../../src/db/open.ts";
import { cloneDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";

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

/** Ends every connection but its own, as a server that goes away does; answers how many. */
async function cut(): Promise<number> {
  const [found] = await rows<{ cut: number }>(
    clone.db,
    sql`select count(pg_terminate_backend(pid))::int as cut from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`,
  );
  return found?.cut ?? 0;
}

test("a transaction whose connection is cut fails, whatever it does next, and the next one works", async () => {
  const { db, close } = openDatabase(clone.url, 1);
  await db.execute(sql`select 1`);
  for (const goOn of [true, false]) {
    const failed = db.transaction(async (tx) => {
      await tx.execute(sql`select 1`);
      expect(await cut()).toBe(1);
      await setTimeout(50);
      if (goOn) await tx.execute(sql`select 2`);
    });
    await expect(failed).rejects.toThrow();
    expect(await rows(db, sql`select 3 as three`)).toEqual([{ three: 3 }]);
  }
  await close();
});

test("cut again and again under load, every transaction ends and the connections come back", async () => {
  const { db, close } = openDatabase(clone.url, 4);
  const over = new AbortController();
  let done = 0;
  const work = async () => {
    while (!over.signal.aborted) {
      await db
        .transaction(async (tx) => {
          for (let step = 0; step < 3; step++) await tx.execute(sql`select ${step}::int`);
        })
        .then(
          () => (done += 1),
          () => {},
        );
    }
  };
  const workers = Array.from({ length: 12 }, work);
  for (let round = 0; round < 10; round++) {
    const before = done;
    await eventually("work goes on", () => done > before + 50);
    await cut();
  }
  over.abort();
  await Promise.all(workers);
  const [row] = await rows(db, sql`select now() as at, 1::bigint as big`);
  expect(row).toEqual({ at: expect.any(String), big: "1" });
  await close();
});
