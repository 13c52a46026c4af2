import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { enqueue } from "../../src/operations/enqueue.ts";
import { eventually } from "../support/eventually.ts";
import { type House, openHouse } from "../support/house.ts";

/** Box's version ids say nothing about order: a later version may have the lower one. */
let house: House;
let accountId: string;

beforeAll(async () => {
  house = await openHouse();
  accountId = (await house.linkAccount("Lab", "enterprise")).id;
});
beforeEach(() => house.box.faults.clear());
afterAll(() => house.close());

const aFolder = (name: string) => house.box.account.createFolder({ parentId: "0", name });

/** A file saved until some of its version ids are higher, and some lower, than all before. */
async function savedInNoOrder(parentId: string) {
  const { account } = house.box;
  const { file, version } = await account.upload({ parentId, name: "plate.csv", bytes: "first" });
  const ids = [BigInt(version.id)];
  const [first] = ids;
  for (let lowest = first!, highest = first!; lowest === first || highest === first;) {
    const bytes = `${ids.length} times`;
    const id = BigInt((await account.uploadVersion({ fileId: file.id, bytes })).version.id);
    ids.push(id);
    if (id < lowest) lowest = id;
    if (id > highest) highest = id;
  }
  return ids.map((id) => `/${file.id}-${id}.csv`).sort();
}

const allLand = (folder: string, names: string[]) =>
  eventually(`all of ${folder} has landed`, async () => {
    const found = (await house.landed()).filter(({ name }) => name.includes(`/${folder}/`));
    if (found.length < names.length) return false;
    expect(found.map(({ name }) => name.slice(name.lastIndexOf("/"))).sort()).toEqual(names);
    return true;
  });

it("lands every version by webhook, whatever the order of their ids", async () => {
  const { id } = await aFolder("Told");
  await house.addSource(accountId, id, { name: "Told" });
  await allLand("told", await savedInNoOrder(id));
});

it("lands every version that only events tell of, whatever the order of their ids", async () => {
  const { id } = await aFolder("Untold");
  await house.addSource(accountId, id, { name: "Untold" });
  house.box.faults.arm({ kind: "delivery", times: 1000, effect: { type: "drop" } });
  const names = await savedInNoOrder(id);
  await house.box.idle();
  await enqueue(house.db, [{ task: "reconcile", payload: {} }]);
  await allLand("untold", names);
});

it("lands every version that was there before, whatever the order of their ids", async () => {
  const { id } = await aFolder("Before");
  const names = await savedInNoOrder(id);
  await house.addSource(accountId, id, { name: "Before", history: "all" });
  await allLand("before", names);
});
