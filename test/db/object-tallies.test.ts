import { type SQL, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { SourceId } from "../../src/core/ids.ts";
import { objectsByState } from "../../src/db/gauges.ts";
import { addUpTallies, countObjects } from "../../src/db/object-counts.ts";
import { rows } from "../../src/db/open.ts";
import * as fc from "../support/dice.ts";
import { accountForEach } from "../support/for-each.ts";
import { seedSource, wipe } from "../support/seed.ts";

const at = accountForEach();

/** What countObjects answers, counted from the objects themselves. */
const recounted = () =>
  rows<{ line: string }>(
    at.db,
    sql`
      select concat_ws(' ', source_id, state, count(*), count(misfit),
        coalesce(sum(stored_bytes) filter (where state = 'stored'), 0)) as line
      from objects group by source_id, state order by 1`,
  );

const tallied = () =>
  rows<{ line: string }>(
    at.db,
    sql`
      select concat_ws(' ', source_id, state, sum(objects), sum(misfits), sum(bytes)) as line
      from object_tallies group by source_id, state
      having sum(objects) <> 0 or sum(misfits) <> 0 or sum(bytes) <> 0 order by 1`,
  );

const tallies = () => rows(at.db, sql`select 1 from object_tallies`);

const owe = (source: SourceId, file: string) => sql`
  with fact as (
    insert into versions (file_id, version_id, sha1, size_bytes, name, door)
    values (${file}, '1', repeat('a', 40), 1, 'a.csv', 'listing') on conflict do nothing)
  insert into objects as o (source_id, file_id, version_id, name, path, door, priority, misfit)
  values (${source}::uuid, ${file}, '1', ${`${source} ${file}`}, 'a.csv', 'listing', 0,
    case when ${file}::text > '5' then 'no study' end)
  on conflict (source_id, file_id, version_id) do update set state = 'pending'
    where o.state = 'withdrawn'`;

const CHANGES: Record<string, SQL> = {
  store: sql`state = 'stored', generation = '1', stored_bytes = 7, stored_at = coalesce(stored_at, now())`,
  "store long ago": sql`state = 'stored', generation = '1', stored_bytes = 9,
    stored_at = coalesce(stored_at, now() - interval '1 day')`,
  lease: sql`leased_by = gen_random_uuid()`,
  "give up": sql`state = 'given_up'`,
  withdraw: sql`state = 'withdrawn'`,
  replay: sql`state = 'pending'`,
  "read again": sql`misfit = case when misfit is null then 'odd' end`,
};

const file = fc.integer({ min: 0, max: 9 }).map(String);
const step = fc.oneof(
  fc.record({ does: fc.constant("owe" as const), source: fc.nat(1), file }),
  fc.record({
    does: fc.constantFrom(...Object.keys(CHANGES)),
    file,
    isUndone: fc.boolean(),
  }),
  fc.record({ does: fc.constant("add up" as const) }),
  fc.record({ does: fc.constant("delete" as const), file }),
);

test("the tallies of objects are what counting them finds, whatever is done to them", async () => {
  const sources = [
    await seedSource(at.db, at.account, "10"),
    await seedSource(at.db, at.account, "20"),
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      await wipe(at.db);
      expect(await tallies()).toEqual([]);
      for (const one of steps) await take(sources, one);
      expect(await tallied()).toEqual(await recounted());
      await addUpTallies(at.db);
      expect(await tallied()).toEqual(await recounted());
    }),
    { numRuns: 25 },
  );
});

async function take(
  sources: SourceId[],
  one: { does: string; source?: number; file?: string; isUndone?: boolean },
) {
  const source = sources[one.source ?? 0];
  if (one.does === "add up") return addUpTallies(at.db);
  if (one.does === "owe" && source) return void (await at.db.execute(owe(source, one.file ?? "")));
  if (one.does === "delete")
    return void (await at.db.execute(sql`delete from objects where file_id = ${one.file ?? ""}`));
  const undo = new Error("undone");
  await at.db
    .transaction(async (tx) => {
      await tx.execute(sql`
        update objects set ${CHANGES[one.does] ?? sql``} where file_id >= ${one.file ?? ""}`);
      if (one.isUndone) throw undo;
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error;
    });
}

test("tallies are added up to one row a state, and added up again nothing is written", async () => {
  const source = await seedSource(at.db, at.account, "10");
  for (const name of ["1", "2", "3"]) await at.db.execute(owe(source, name));
  expect(await tallies()).toHaveLength(3);
  await Promise.all([addUpTallies(at.db), addUpTallies(at.db), addUpTallies(at.db)]);
  const places = () => rows(at.db, sql`select ctid::text, xmin::text, objects from object_tallies`);
  const before = await places();
  expect(before).toMatchObject([{ objects: "3" }]);
  await addUpTallies(at.db);
  expect(await places()).toEqual(before);
  expect((await countObjects(at.db, [source])).get(source)?.counts).toMatchObject({ pending: 3 });
  expect(await objectsByState(at.db)).toMatchObject({ pending: 3, stored: 0 });
});

test("what was stored within minutes is kept apart, for the speed", async () => {
  const source = await seedSource(at.db, at.account, "10");
  for (const name of ["1", "2"]) {
    await at.db.execute(owe(source, name));
    await at.db.execute(
      sql`update objects set ${CHANGES["store"] ?? sql``} where name like ${`%${name}`}`,
    );
  }
  await addUpTallies(at.db);
  expect(await tallies()).toHaveLength(2);
});
