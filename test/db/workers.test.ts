import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { leaseObjects } from "../../src/db/object-leases.ts";
import { rows } from "../../src/db/open.ts";
import { takePosition } from "../../src/db/positions.ts";
import { beat, buryWorkers, dropStrayLeases, leasesOf } from "../../src/db/workers.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { inboxForEach } from "../support/for-each.ts";
import { fileTouched, folderTouched, versionSeen } from "../support/seed.ts";

const at = inboxForEach();
const [dead, living] = [randomUUID(), randomUUID()];

/** Two workers, one of them unheard of for too long. */
async function bothWork() {
  await beat(at.db, dead, ["pool-dead", "pool-dead-too"]);
  await beat(at.db, living, ["pool-living"]);
  await at.db.execute(
    sql`update workers set alive_until = now() - interval '1 second' where id = ${dead}::uuid`,
  );
}

async function record() {
  await recordChanges(at.db, {
    accountId: at.account,
    door: "events",
    prefix: "",
    news: [
      versionSeen(),
      versionSeen({ fileId: "2", versionId: "200" }),
      fileTouched("1"),
      folderTouched("55"),
    ],
  });
  await takePosition(at.db, at.account, "changes", "1");
}

const lockJobs = (task: string, pool: string) =>
  at.db.execute(sql`
    update graphile_worker._private_jobs j set locked_at = now(), locked_by = ${pool}
    from graphile_worker._private_tasks t where t.id = j.task_id and t.identifier = ${task}`);

const leasedBy = async (table: string) =>
  (
    await rows<{ by: string | null }>(
      at.db,
      sql`select leased_by as by from ${sql.identifier(table)} order by 1`,
    )
  ).map((row) => row.by);

test("the dead are buried, what they held is free again, and the living are left alone", async () => {
  await bothWork();
  await record();
  await leaseObjects(at.db, dead, [1]);
  await leaseObjects(at.db, living, [2]);
  for (const table of ["checks", "walks", "positions"])
    await at.db.execute(
      sql`update ${sql.identifier(table)} set leased_by = ${dead}::uuid, lease = 1`,
    );
  await lockJobs("store_version", "pool-dead-too");
  await lockJobs("walk_folder", "pool-living");

  expect(await buryWorkers(at.db)).toEqual([dead]);
  expect(await leasedBy("objects")).toEqual([living, null]);
  for (const table of ["checks", "walks", "positions"])
    expect(await leasedBy(table)).toEqual([null]);
  expect(
    await rows(
      at.db,
      sql`select distinct locked_by as by from graphile_worker._private_jobs order by 1`,
    ),
  ).toEqual([{ by: "pool-living" }, { by: null }]);
  expect(await buryWorkers(at.db)).toEqual([]);
});

test("a worker that died before it named its pools keeps no job locked, and a new one's are left alone", async () => {
  await bothWork();
  await record();
  await lockJobs("store_version", "pool-never-named");
  await at.db.execute(
    sql`update graphile_worker._private_jobs set locked_at = now() - interval '15 seconds'`,
  );
  await lockJobs("walk_folder", "pool-just-begun");
  await buryWorkers(at.db);
  expect(
    await rows(
      at.db,
      sql`select distinct locked_by as by from graphile_worker._private_jobs order by 1`,
    ),
  ).toEqual([{ by: "pool-just-begun" }, { by: null }]);
});

test("several that bury at once bury each of the dead once", async () => {
  await bothWork();
  const buried = await Promise.all([1, 2, 3, 4].map(() => buryWorkers(at.db)));
  expect(buried.flat()).toEqual([dead]);
});

test("a worker that says goodbye leaves nothing behind", async () => {
  await beat(at.db, living, ["pool-living"]);
  await record();
  await leaseObjects(at.db, living, [1, 2]);
  expect(await buryWorkers(at.db, living)).toEqual([living]);
  expect(await leasedBy("objects")).toEqual([null, null]);
});

test("a heartbeat brings a buried worker back, with the pools it has now", async () => {
  await bothWork();
  await buryWorkers(at.db);
  await beat(at.db, dead, ["pool-new"]);
  expect(await buryWorkers(at.db)).toEqual([]);
  expect(await rows(at.db, sql`select pools from workers where id = ${dead}::uuid`)).toEqual([
    { pools: ["pool-new"] },
  ]);
});

test("a worker lets go of the leases it no longer works under, and of nobody else's", async () => {
  await record();
  await leaseObjects(at.db, living, [1]);
  await leaseObjects(at.db, dead, [2]);
  const strays = await leasesOf(at.db, living, "objects");
  expect(strays).toEqual([{ id: 1, lease: 1 }]);
  await dropStrayLeases(at.db, living, "objects", strays);
  expect(await leasedBy("objects")).toEqual([dead, null]);
});

test("a lease that was ended and taken again meanwhile is not a stray", async () => {
  await record();
  await leaseObjects(at.db, living, [1]);
  const before = await leasesOf(at.db, living, "objects");
  await at.db.execute(sql`update objects set leased_by = null`);
  await leaseObjects(at.db, living, [1, 2]);
  await dropStrayLeases(at.db, living, "objects", before);
  expect(await leasedBy("objects")).toEqual([living, living]);
});
