import { afterAll, beforeAll, expect, it } from "vitest";
import { enqueue } from "../../src/operations/enqueue.ts";
import { eventually } from "../support/eventually.ts";
import { type House, openHouse } from "../support/house.ts";

let house: House;
let lab: string;

beforeAll(async () => {
  house = await openHouse();
  lab = (await house.box.account.createFolder({ parentId: "0", name: "Lab" })).id;
  const { userId } = house.box.ccg;
  await house.box.account.collaborate({ type: "folder", id: lab, userId, role: "viewer" });
});
afterAll(() => house.close());

it("lands what was saved while its source was listed, though every event shows only the last save", async () => {
  const { account, faults } = house.box;
  faults.settings.userEventsShowNow = true;
  faults.arm({ kind: "delivery", times: 1000, effect: { type: "drop" } });
  const { file } = await account.upload({ parentId: lab, name: "a.csv", bytes: "before" });
  const linked = await house.linkAccount("Lab", "user");
  // The listing waits until both saves are made, and so finds the last of them.
  const listing = faults.arm({ kind: "folder", skip: 1, effect: { type: "slow", ms: 600 } });
  await house.addSource(linked.id, lab);
  await eventually("the backfill has begun", () => listing.consumed);
  const second = await account.uploadVersion({ fileId: file.id, bytes: "second" });
  const third = await account.uploadVersion({ fileId: file.id, bytes: "third" });
  const landed = async (versionId: string) =>
    (await house.landed()).some(({ name }) => name.includes(versionId));
  await eventually("the listing's version has landed", () => landed(third.version.id));

  await enqueue(house.db, [{ task: "reconcile", payload: {} }]);
  await eventually("the save in between has landed", () => landed(second.version.id));
  expect(listing.struck).toBe(1);
});
