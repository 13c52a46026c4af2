import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { rows } from "../../src/db/open.ts";
import { accountId as idOfAccount } from "../../src/core/ids.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { settle } from "../model/settle.ts";
import { eventually } from "../support/eventually.ts";
import { type House, openHouse } from "../support/house.ts";
import { versionSeen, way } from "../support/seed.ts";

/** A plan of Box's that keeps two past versions of a file, and no more. */
let house: House;
let accountId: string;

beforeAll(async () => {
  house = await openHouse();
  house.box.faults.settings.keptVersions = 2;
  accountId = (await house.linkAccount("Lab", "enterprise")).id;
});
afterAll(() => house.close());

interface Report {
  complete: boolean;
  counts: Record<string, number>;
  items: {
    fileId: string;
    versionId: string;
    current: boolean;
    reason: string;
    failure: string | null;
    hint: string | null;
    createdAt: string | null;
    lostAt: string | null;
  }[];
}

/** Five versions of one file, oldest first. */
async function savedFiveTimes(parentId: string) {
  const { account } = house.box;
  const { file, version } = await account.upload({ parentId, name: "plate.csv", bytes: "save 1" });
  const ids = [version.id];
  for (const bytes of ["save 2", "save 3", "save 4", "save 5"])
    ids.push((await account.uploadVersion({ fileId: file.id, bytes })).version.id);
  return { fileId: file.id, ids };
}

async function landedOf(fileId: string, ids: string[]) {
  const names = (await house.landed()).map(({ name }) => name);
  return ids.filter((id) => names.some((name) => name.includes(`${fileId}-${id}`)));
}

it("reports what was pruned before it was fetched as lost at Box, with when, and lands the rest", async () => {
  const { account } = house.box;
  const inbox = (await account.createFolder({ parentId: "0", name: "Inbox" })).id;
  const { id } = await house.addSource(accountId, inbox, { name: "Inbox" });
  await house.api("POST", `/api/sources/${id}/pause`);
  const { fileId, ids } = await savedFiveTimes(inbox);
  await eventually("all five are owed", async () => {
    const owed = await rows(
      house.db,
      sql`select id from objects where file_id = ${fileId} and state = 'pending'`,
    );
    return owed.length === 5;
  });
  await house.api("POST", `/api/sources/${id}/resume`);

  await settle({ house });
  expect(await landedOf(fileId, ids)).toEqual(ids.slice(2));

  const report = await house.api<Report>("GET", `/api/sources/${id}/completeness`);
  const hint = expect.stringMatching(/pushed out/);
  const lostAt = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
  const lost = {
    current: false,
    reason: "lost",
    failure: expect.stringMatching(/no longer/),
    hint,
    lostAt,
  };
  expect(report.items.map(({ versionId }) => versionId).sort()).toEqual(ids.slice(0, 2).sort());
  expect(report.items).toMatchObject([lost, lost]);
  // Nobody can mend it, and the lake holds all that Box holds.
  expect(report.complete).toBe(true);
});

it("reports what only the enterprise's events named, and Box dropped before it was read, and takes it back when it turns up", async () => {
  const { account, faults } = house.box;
  const folder = (await account.createFolder({ parentId: "0", name: "Unheard" })).id;
  const elsewhere = (await account.createFolder({ parentId: "0", name: "Elsewhere" })).id;
  const source = await house.addSource(accountId, folder, { name: "Unheard", exclude: ["*.tmp"] });
  await eventually("its folder was listed before anything is saved", async () => {
    const { backfill } = await house.api<{ backfill: { state: string } }>(
      "GET",
      `/api/sources/${source.id}`,
    );
    return backfill.state === "done";
  });
  const unheard = faults.arm({ kind: "delivery", times: 1000, effect: { type: "drop" } });
  onTestFinished(() => unheard.disarm());
  const { fileId, ids } = await savedFiveTimes(folder);
  await savedFiveTimes(elsewhere);
  const { file } = await account.upload({ parentId: folder, name: "plate.tmp", bytes: "1" });
  for (const bytes of ["2", "3", "4", "5"]) await account.uploadVersion({ fileId: file.id, bytes });

  await settle({ house });
  expect(await landedOf(fileId, ids)).toEqual(ids.slice(2));

  const report = () => house.api<Report>("GET", `/api/sources/${source.id}/completeness`);
  const said = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
  const lost = { fileId, path: "plate.csv", reason: "lost", current: false, createdAt: said };
  const { items, counts, complete } = await report();
  expect(items.map(({ versionId }) => versionId).sort()).toEqual(ids.slice(0, 2).sort());
  expect(items).toMatchObject([
    { ...lost, bytes: 6, lostAt: said },
    { ...lost, bytes: 6, lostAt: said },
  ]);
  expect({ complete, lost: counts["lost"] }).toEqual({ complete: true, lost: 2 });

  // An edit that no longer asks for the file, and one that does again.
  const lostNow = async () => {
    const { lost, withdrawn } = (await report()).counts;
    return { lost, withdrawn };
  };
  await house.api("POST", `/api/sources/${source.id}/pause`);
  await house.api("PATCH", `/api/sources/${source.id}`, { exclude: ["*.csv", "*.tmp"] });
  expect(await lostNow()).toEqual({ lost: 0, withdrawn: 2 });
  await house.api("PATCH", `/api/sources/${source.id}`, { exclude: ["*.tmp"] });
  expect(await lostNow()).toEqual({ lost: 2, withdrawn: 0 });

  const [turnedUp = ""] = ids;
  // Whoever sees it after all records it; what becomes of it then is said of its object, once.
  await recordChanges(house.db, {
    accountId: idOfAccount(accountId),
    door: "listing",
    prefix: "",
    news: [versionSeen({ fileId, versionId: turnedUp, ancestors: way("0", folder), etag: "1" })],
  });
  expect((await report()).items.filter(({ versionId }) => versionId === turnedUp)).toHaveLength(1);
  expect(await lostNow()).toMatchObject({ lost: 1 });
});

it("a backfill that comes late lands every version that Box still lists", async () => {
  const { account } = house.box;
  const archive = (await account.createFolder({ parentId: "0", name: "Archive" })).id;
  const { fileId, ids } = await savedFiveTimes(archive);
  // What events told of it is read while no source asks: told later, it would be known as lost.
  await settle({ house });
  const { id } = await house.addSource(accountId, archive, { name: "Archive", history: "all" });
  await eventually(
    "what Box holds has landed",
    async () => (await landedOf(fileId, ids)).length === 3,
  );
  expect(await landedOf(fileId, ids)).toEqual(ids.slice(2));
  const report = () => house.api<Report>("GET", `/api/sources/${id}/completeness`);
  await eventually("the report is complete", async () => (await report()).complete);
  expect(await report()).toMatchObject({ complete: true, items: [] });
});
