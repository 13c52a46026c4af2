import { sql } from "drizzle-orm";
import { afterEach, expect, it } from "vitest";
import { rows } from "../../src/db/open.ts";
import { enqueue } from "../../src/operations/enqueue.ts";
import { eventually } from "../support/eventually.ts";
import { type House, openHouse } from "../support/house.ts";

const DAY_MS = 24 * 3_600_000;

let house: House;
afterEach(() => house.close());

/** The pass of every minute, asked for now: these tests do not wait for the clock. */
const reconcile = () => enqueue(house.db, [{ task: "reconcile", payload: {} }]);

const landed = async (part: string) =>
  (await house.landed()).filter(({ name }) => name.includes(part)).length;

const hasLanded = async (part: string) => (await landed(part)) > 0;

const isIdle = async () => {
  const jobs = await house.db.execute(
    sql`select id from graphile_worker.jobs where run_at <= now()`,
  );
  return jobs.length === 0;
};

const backfilled = (sourceId: string) =>
  eventually("the backfill is done", async () => {
    const [walk] = await rows<{ state: string }>(
      house.db,
      sql`select state from walks where source_id = ${sourceId}::uuid and kind = 'backfill'`,
    );
    return walk?.state === "done" && isIdle();
  });

const noWebhooks = () =>
  house.box.faults.arm({ kind: "delivery", times: 100_000, effect: { type: "drop" } });

const folder = async (name: string, parentId = "0") =>
  (await house.box.account.createFolder({ parentId, name })).id;

const openIncidents = () =>
  rows<{ message: string; since: string; open: boolean }>(
    house.db,
    sql`
      select message, details ->> 'since' as since, closed_at is null as open from incidents
      where kind = 'gap_reproved'`,
  );

/** A minute in which nothing new comes; tried again when the clock's own falls into it. */
const idleMinuteCosts = (calls: number) =>
  eventually(`an idle minute costs ${calls} calls`, async () => {
    await eventually("the queue is idle", isIdle);
    house.box.calls.reset();
    await reconcile();
    await eventually("a minute was made", async () => house.box.calls.count("events") > 0);
    await eventually("the queue is idle again", isIdle);
    return house.box.calls.count() === calls;
  });

it("everything lands after 21 days of downtime, and an incident says which time was looked at again", async () => {
  let ago = 22 * DAY_MS;
  house = await openHouse({ roles: ["web"], now: () => Date.now() - ago });
  noWebhooks();
  const worker = await house.start("worker");
  const inbox = await folder("Inbox");
  const { box } = house;
  const { file } = await box.account.upload({ parentId: inbox, name: "early.csv", bytes: "1" });
  const account = await house.linkAccount("Lab", "enterprise");
  await backfilled((await house.addSource(account.id, inbox)).id);
  expect(await landed("early.csv")).toBe(1);
  await house.stop(worker);

  ago = 21 * DAY_MS;
  const run = await folder("Run 7", inbox);
  await box.account.upload({ parentId: run, name: "dropped.csv", bytes: "2" });
  await box.account.uploadVersion({ fileId: file.id, bytes: "the second" });
  await box.account.uploadVersion({ fileId: file.id, bytes: "the third" });
  ago = 2 * DAY_MS;
  await box.account.upload({ parentId: run, name: "kept.csv", bytes: "3" });
  ago = 0;
  await house.db.execute(sql`update positions set read_at = now() - interval '21 days'`);

  await house.start("worker");
  await reconcile();
  await eventually("the file that no event tells of has landed", () => hasLanded("dropped.csv"));
  await eventually("the one that an event tells of has landed", () => hasLanded("kept.csv"));
  await eventually("all three versions have landed", async () => (await landed("early.csv")) === 3);
  const [incident] = await openIncidents();
  expect(incident?.message).toContain("not read for 21 days");
  const sinceMs = Date.now() - Date.parse(incident?.since ?? "");
  expect(Math.round(sinceMs / DAY_MS)).toBe(21);

  await eventually("the queue is idle", isIdle);
  await reconcile();
  await eventually("the incident is closed", async () => {
    const [gap] = await openIncidents();
    return gap?.open === false;
  });
});

it("a folder of another enterprise, whose changes only the user's own stream tells, lands", async () => {
  house = await openHouse();
  noWebhooks();
  const { box } = house;
  const cro = box.account.outsider("Cro Lab").id;
  const results = await box.account.createFolder({ parentId: "0", name: "Results" }, cro);
  const inbox = await folder("Inbox");
  const account = await house.linkAccount("Lab", "enterprise");
  await backfilled((await house.addSource(account.id, inbox)).id);
  await idleMinuteCosts(1);

  const source = await house.addSource(account.id, results.id, { name: "CRO" });
  await backfilled(source.id);
  await box.account.upload({ parentId: results.id, name: "assay.csv", bytes: "1" }, cro);
  await box.account.upload({ parentId: inbox, name: "ours.csv", bytes: "2" });
  await reconcile();
  await eventually("the other enterprise's file has landed", () => hasLanded("assay.csv"));
  await eventually("our own has landed", () => hasLanded("ours.csv"));
  await idleMinuteCosts(2);
});

it("accounts of one enterprise share one reader, and another takes over when it is paused", async () => {
  house = await openHouse();
  noWebhooks();
  const { box } = house;
  const accounts = [];
  for (const name of ["North", "South"]) {
    const inbox = await folder(name);
    const { id } = await house.linkAccount(name, "enterprise");
    await backfilled((await house.addSource(id, inbox, { name })).id);
    accounts.push({ id, inbox });
  }
  await idleMinuteCosts(1);
  const reader = async () => {
    const found = await rows<{ id: string; position: string }>(
      house.db,
      sql`select account_id as id, position from positions`,
    );
    expect(found).toHaveLength(1);
    return found[0];
  };
  const first = await reader();
  const [north, south] = accounts;
  expect(first?.id).toBe(north?.id);

  await box.account.upload({ parentId: south?.inbox ?? "", name: "for-south.csv", bytes: "1" });
  await reconcile();
  await eventually("what the one was told has landed for the other", () =>
    hasLanded("for-south.csv"),
  );

  await eventually("the queue is idle", isIdle);
  await house.api("POST", `/api/accounts/${first?.id}/pause`, {});
  await box.account.upload({ parentId: south?.inbox ?? "", name: "later.csv", bytes: "2" });
  await reconcile();
  await eventually("what happened meanwhile has landed", () => hasLanded("later.csv"));
  expect((await reader())?.id).toBe(south?.id);
  await idleMinuteCosts(1);
});

it("each change is noticed by the first pass after the stream shows it, without any webhook", async () => {
  house = await openHouse();
  noWebhooks();
  const { box } = house;
  const inbox = await folder("Inbox");
  const outside = await folder("Outside");
  const share = { type: "folder", userId: box.ccg.userId, role: "viewer" } as const;
  for (const id of [inbox, outside]) await box.account.collaborate({ ...share, id });
  const account = await house.linkAccount("Lab", "user");
  await backfilled((await house.addSource(account.id, inbox)).id);

  const noticed = async (name: string, versions: number) => {
    await eventually("the queue is idle", isIdle);
    await reconcile();
    await eventually(`${versions} of ${name}`, async () => (await landed(name)) === versions);
  };
  const { file, version } = await box.account.upload({
    parentId: inbox,
    name: "a.csv",
    bytes: "1",
  });
  await noticed("a.csv", 1);
  await box.account.uploadVersion({ fileId: file.id, bytes: "the second" });
  await noticed("a.csv", 2);
  await box.account.promote({ fileId: file.id, versionId: version.id });
  await noticed("a.csv", 3);
  const moved = await box.account.upload({ parentId: outside, name: "moved.csv", bytes: "3" });
  await box.account.move(moved.file, inbox);
  await noticed("moved.csv", 1);
  const whole = await folder("Whole", outside);
  await box.account.upload({ parentId: whole, name: "below.csv", bytes: "4" });
  await box.account.move({ id: whole, type: "folder" }, inbox);
  await noticed("below.csv", 1);

  await box.account.trash(file);
  await box.account.restore(file);
  const run = await folder("Run 8", inbox);
  await box.account.move(moved.file, run);
  await noticed("a.csv", 3);
  await eventually("the new path is known", async () => {
    const [row] = await rows<{ parent: string }>(
      house.db,
      sql`select parent_id as parent from files where file_id = ${moved.file.id}`,
    );
    return row?.parent === run;
  });
  await eventually("the queue is idle", isIdle);
  expect(await landed("moved.csv")).toBe(1);
});
