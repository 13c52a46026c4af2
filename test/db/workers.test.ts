import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { AccountId } from "../../src/core/ids.ts";
import { leaseObjects } from "../../src/db/object-leases.ts";
import { rows } from "../../src/db/open.ts";
import { takePosition } from "../../src/db/positions.ts";
import { beat, buryWorkers, dropStrayLeases, leasesOf } from "../../src/db/workers.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { cloneDatabase } from "../support/database.ts";
import {
  fileTouched,
  folderTouched,
  seedAccount,
  seedSource,
  versionSeen,
  wipe,
} from "../support/seed.ts";

let database: Awaited<ReturnType<typeof cloneDatabase>>;
let account: AccountId;
const [dead, living] = [randomUUID(), randomUUID()];

beforeAll(async () => {
  database = await cloneDatabase();
  account = await seedAccount(database.db);
  await seedSource(database.db, account, "10");
});
beforeEach(() => wipe(database.db));
afterAll(() => database.close());

/** Two workers, one of them unheard of for too long. */
async function bothWork() {
  await beat(database.db, dead, ["pool-dead", "pool-dead-too"]);
  await beat(database.db, living, ["pool-living"]);
  await database.db.execute(
    sql`update workers set alive_until = now() - interval '1 second' where id = ${dead}::uuid`,
  );
}

async function record() {
  await recordChanges(database.db, {
    accountId: account,
    door: "events",
    prefix: "",
    news: [
      versionSeen(),
      versionSeen({ fileId: "2", versionId: "200" }),
      fileTouched("1"),
      folderTouched("55"),
    ],
  });
  await takePosition(database.db, account, "changes", "1");
}

const lockJobs = (task: string, pool: string) =>
  database.db.execute(sql`
    update graphile_worker._private_jobs j set locked_at = now(), locked_by = ${pool}
    from graphile_worker._private_tasks t where t.id = j.task_id and t.identifier = ${task}`);

const leasedBy = async (table: string) =>
  (
    await rows<{ by: string | null }>(
      database.db,
      sql`select leased_by as by from ${sql.identifier(table)} order by 1`,
    )
  ).map((row) => row.by);

test("the dead are buried, what they held is free again, and the living are left alone", async () => {
  await bothWork();
  await record();
  await leaseObjects(database.db, dead, [1]);
  await leaseObjects(database.db, living, [2]);
  for (const table of ["checks", "walks", "positions"])
    await database.db.execute(
      sql`update ${sql.identifier(table)} set leased_by = ${dead}::uuid, lease = 1`,
    );
  await lockJobs("store_version", "pool-dead-too");
  await lockJobs("walk_folder", "pool-living");

  expect(await buryWorkers(database.db)).toEqual([dead]);
  expect(await leasedBy("objects")).toEqual([living, null]);
  for (const table of ["checks", "walks", "positions"])
    expect(await leasedBy(table)).toEqual([null]);
  expect(
    await rows(
      database.db,
      sql`select distinct locked_by as by from graphile_worker._private_jobs order by 1`,
    ),
  ).toEqual([{ by: "pool-living" }, { by: null }]);
  expect(await buryWorkers(database.db)).toEqual([]);
});

test("a worker that died before it named its pools keeps no job locked, and a new one's are left alone", async () => {
  await bothWork();
  await record();
  await lockJobs("store_version", "pool-never-named");
  await database.db.execute(
    sql`update graphile_worker._private_jobs set locked_at = now() - interval '15 seconds'`,
  );
  await lockJobs("walk_folder", "pool-just-begun");
  await buryWorkers(database.db);
  expect(
    await rows(
      database.db,
      sql`select distinct locked_by as by from graphile_worker._private_jobs order by 1`,
    ),
  ).toEqual([{ by: "pool-just-begun" }, { by: null }]);
});

test("several that bury at once bury each of the dead once", async () => {
  await bothWork();
  const buried = await Promise.all([1, 2, 3, 4].map(() => buryWorkers(database.db)));
  expect(buried.flat()).toEqual([dead]);
});

test("a worker that says goodbye leaves nothing behind", async () => {
  await beat(database.db, living, ["pool-living"]);
  await record();
  await leaseObjects(database.db, living, [1, 2]);
  expect(await buryWorkers(database.db, living)).toEqual([living]);
  expect(await leasedBy("objects")).toEqual([null, null]);
});

test("a heartbeat brings a buried worker back, with the pools it has now", async () => {
  await bothWork();
  await buryWorkers(database.db);
  await beat(database.db, dead, ["pool-new"]);
  expect(await buryWorkers(database.db)).toEqual([]);
  expect(await rows(database.db, sql`select pools from workers where id = ${dead}::uuid`)).toEqual([
    { pools: ["pool-new"] },
  ]);
});

test("a worker lets go of the leases it no longer works under, and of nobody else's", async () => {
  await record();
  await leaseObjects(database.db, living, [1]);
  await leaseObjects(database.db, dead, [2]);
  const strays = await leasesOf(database.db, living, "objects");
  expect(strays).toEqual([{ id: 1, lease: 1 }]);
  await dropStrayLeases(database.db, living, "objects", strays);
  expect(await leasedBy("objects")).toEqual([dead, null]);
});

test("a lease that was ended and taken again meanwhile is not a stray", async () => {
  await record();
  await leaseObjects(database.db, living, [1]);
  const before = await leasesOf(database.db, living, "objects");
  await database.db.execute(sql`update objects set leased_by = null`);
  await leaseObjects(database.db, living, [1, 2]);
  await dropStrayLeases(database.db, living, "objects", before);
  expect(await leasedBy("objects")).toEqual([living, living]);
});
