import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { enqueue } from "../../src/operations/enqueue.ts";
import { eventually } from "../support/eventually.ts";
import { type House, openHouse } from "../support/house.ts";

/** A colleague who may look into one folder and download, and nothing else. */
let house: House;
let inbox: string;
let sourceId: string;

const account = () => house.box.account;
const landed = (fileId: string, versionId: string) => async () =>
  (await house.landed()).some(({ name }) => name.includes(`/${fileId}-${versionId}`));

/** The pass of every minute until all of them lie in the lake: no delivery ever comes. */
async function allLand(versions: { file: { id: string }; version: { id: string } }[]) {
  await enqueue(house.db, [{ task: "reconcile", payload: {} }]);
  for (const { file, version } of versions)
    await eventually(`${version.id} has landed`, landed(file.id, version.id));
}

beforeAll(async () => {
  house = await openHouse();
  const { box } = house;
  inbox = (await account().createFolder({ parentId: "0", name: "Inbox" })).id;
  const { userId } = box.ccg;
  await account().collaborate({ type: "folder", id: inbox, userId, role: "viewer" });
  box.faults.arm({
    kind: "webhooks",
    times: 1000,
    effect: { type: "status", status: 403, code: "access_denied_insufficient_permissions" },
  });
  const there = await account().upload({ parentId: inbox, name: "old.csv", bytes: "old" });
  const { id } = await house.linkAccount("Viewer", "user");
  sourceId = (await house.addSource(id, inbox)).id;
  await eventually("what was there has landed", landed(there.file.id, there.version.id));
});
/** It never hears of anything by webhook. */
afterEach(() => expect(house.box.deliveries).toEqual([]));
afterAll(() => house.close());

it("is told that the folder is polled, and why", async () => {
  const { webhook } = await house.api<{ webhook: { state: string; reason: string; hint: string } }>(
    "GET",
    `/api/sources/${sourceId}`,
  );
  expect(webhook.state).toBe("polled");
  expect(webhook.reason).not.toBe("");
  expect(webhook.hint).not.toBe("");
});

it("gets every version of what is uploaded, saved again and promoted", async () => {
  const first = await account().upload({ parentId: inbox, name: "a.csv", bytes: "one" });
  const { id: fileId } = first.file;
  const second = await account().uploadVersion({ fileId, bytes: "two" });
  const third = await account().uploadVersion({ fileId, bytes: "three" });
  const promoted = await account().promote({ fileId, versionId: first.version.id });
  const again = { file: { id: fileId }, version: promoted.version };
  await allLand([first, second, third, again]);
});

it("gets what is copied, moved and restored into the folder, and folders with all that is in them", async () => {
  const away = await account().createFolder({ parentId: "0", name: "Away" });
  const run = await account().createFolder({ parentId: away.id, name: "Run" });
  const inRun = await account().upload({ parentId: run.id, name: "b.csv", bytes: "b" });
  const alone = await account().upload({ parentId: away.id, name: "c.csv", bytes: "c" });
  const copied = await account().copy({
    id: run.id,
    type: "folder",
    parentId: inbox,
    name: "Copy",
  });
  await account().move(run, inbox);
  await account().move(alone.file, inbox);
  const [twin] = account().list(copied.id);
  const twinVersion = account().versions(twin?.id ?? "")[0];
  await allLand([inRun, alone, { file: twin!, version: twinVersion! }]);

  const gone = await account().upload({ parentId: inbox, name: "d.csv", bytes: "d" });
  await account().trash(gone.file);
  await enqueue(house.db, [{ task: "reconcile", payload: {} }]);
  await account().restore(gone.file);
  await allLand([gone]);
});
