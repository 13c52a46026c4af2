import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { rows } from "../../src/db/open.ts";
import { settle } from "../model/settle.ts";
import { officialClient } from "../sandbox/box/client.ts";
import { eventually } from "../support/eventually.ts";
import { type House, openHouse } from "../support/house.ts";

/** What changes a file's place, name or etag, or brings it back, is no new version of it. */
let house: House;
let inbox: string;
let source: string;

beforeAll(async () => {
  house = await openHouse();
  inbox = (await house.box.account.createFolder({ parentId: "0", name: "Inbox" })).id;
  const { id } = await house.linkAccount("Lab", "enterprise");
  source = (await house.addSource(id, inbox)).id;
  await eventually("the backfill of the empty folder is done", async () => {
    const { backfill } = await house.api<{ backfill: { state: string } }>(
      "GET",
      `/api/sources/${source}`,
    );
    return backfill.state === "done";
  });
});
afterAll(() => house.close());

const known = (fileId: string) =>
  rows<{ version: string; state: string | null }>(
    house.db,
    sql`select v.version_id as version, o.state from versions v
      left join objects o on o.file_id = v.file_id and o.version_id = v.version_id
      where v.file_id = ${fileId}`,
  );
const landed = async (fileId: string) =>
  (await house.landed()).filter(({ name }) => name.includes(`/${fileId}-`)).length;

/** Calls about the file: a pass over the events and a token are everybody's. */
function spent() {
  const { token: _, download: __, events: ___, ...calls } = house.box.calls.byKind();
  return calls;
}
const total = (calls: Record<string, number>) =>
  Object.values(calls).reduce((sum, count) => sum + count, 0);

it("a file moved into the folder, told of as moved and as uploaded, is one version and one object", async () => {
  const { account } = house.box;
  const away = (await account.createFolder({ parentId: "0", name: "Away" })).id;
  const { file, version } = await account.upload({ parentId: away, name: "a.csv", bytes: "a" });
  await settle({ house });
  house.box.calls.reset();
  const before = house.box.deliveries.length;
  await account.move(file, inbox);
  await eventually("it has landed", async () => (await landed(file.id)) === 1);
  await settle({ house });
  const told = house.box.deliveries.slice(before).map(({ trigger }) => trigger);
  expect(told.sort()).toEqual(["FILE.MOVED", "FILE.UPLOADED"]);
  expect(await known(file.id)).toEqual([{ version: version.id, state: "stored" }]);
  expect(await landed(file.id)).toBe(1);
  const { content, ...looks } = spent();
  expect(content).toBe(1);
  // The move's own look and the stream's, and the folder listed once; its webhook is in no doubt.
  expect(total(looks)).toBeLessThanOrEqual(6);
  expect(looks).not.toHaveProperty("webhooks");
});

it("a rename, a move within the folder and a description raise the etag, and nothing else", async () => {
  const { account } = house.box;
  const deep = (await account.createFolder({ parentId: inbox, name: "Deep" })).id;
  const { file, version } = await account.upload({ parentId: inbox, name: "b.csv", bytes: "b" });
  await eventually("it has landed", async () => (await landed(file.id)) === 1);
  await settle({ house });
  house.box.calls.reset();
  await account.rename(file, "c.csv");
  await account.move(file, deep);
  await settle({ house });
  expect(spent()).not.toHaveProperty("content");
  expect(total(spent())).toBeLessThanOrEqual(6);

  const client = officialClient(house.box, "enterprise");
  await client.files.updateFileById(file.id, { requestBody: { description: "plate 7" } });
  house.box.calls.reset();
  await house.api("POST", `/api/sources/${source}/sweeps`);
  await settle({ house });
  expect(spent()).not.toHaveProperty("content");
  expect(account.item(file.id)?.etag).toBe(3);
  expect(await known(file.id)).toEqual([{ version: version.id, state: "stored" }]);
  expect(await landed(file.id)).toBe(1);
});

it("a file that comes back from the trash is the version that landed, and is not fetched again", async () => {
  const { account } = house.box;
  const { file, version } = await account.upload({ parentId: inbox, name: "d.csv", bytes: "d" });
  await eventually("it has landed", async () => (await landed(file.id)) === 1);
  await account.trash(file);
  await settle({ house });
  house.box.calls.reset();
  await account.restore(file);
  await settle({ house });
  expect(spent()).not.toHaveProperty("content");
  expect(await known(file.id)).toEqual([{ version: version.id, state: "stored" }]);
  expect(await landed(file.id)).toBe(1);
});
