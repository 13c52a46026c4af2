import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { rows } from "../../src/db/open.ts";
import { enqueue } from "../../src/operations/enqueue.ts";
import { eventually } from "../support/eventually.ts";
import { type House, openHouse } from "../support/house.ts";

let house: House;
let inbox: string;
let source: string;

beforeAll(async () => {
  house = await openHouse();
  inbox = (await house.box.account.createFolder({ parentId: "0", name: "Inbox" })).id;
  const account = await house.linkAccount("Lab", "enterprise");
  source = (await house.addSource(account.id, inbox, { exclude: ["**/*.tmp"] })).id;
});
afterAll(() => house.close());

const objectOf = async (fileId: string) =>
  (
    await rows<{ id: string; state: string }>(
      house.db,
      sql`select id, state from objects where file_id = ${fileId}`,
    )
  )[0];

const becomes = (fileId: string, state: string) =>
  eventually(`it is ${state}`, async () => (await objectOf(fileId))?.state === state);

/** Makes the waits of its attempts pass until it is given up. */
const isGivenUp = (fileId: string) =>
  eventually("it is given up", async () => {
    await house.db.execute(sql`update objects set due_at = now() where state = 'waiting'`);
    const object = await objectOf(fileId);
    if (object?.state === "given_up") return true;
    await enqueue(house.db, [{ task: "store_version", payload: { objectId: Number(object?.id) } }]);
    return false;
  });

const pause = (deed: "pause" | "resume") => house.api("POST", `/api/sources/${source}/${deed}`);

it("stores what was given up because its file lay in the trash, once the file is restored", async () => {
  const { account } = house.box;
  await pause("pause");
  const { file } = await account.upload({ parentId: inbox, name: "a.csv", bytes: "a" });
  await becomes(file.id, "pending");
  await account.trash(file);
  await pause("resume");
  await isGivenUp(file.id);

  await account.restore(file);
  await becomes(file.id, "stored");
});

it("stores what was withdrawn because no mask wanted it any more, once its file is renamed to what they want", async () => {
  const { account } = house.box;
  await pause("pause");
  const { file } = await account.upload({ parentId: inbox, name: "b.dat", bytes: "b" });
  await becomes(file.id, "pending");
  await house.api("PATCH", `/api/sources/${source}`, { exclude: ["**/*.tmp", "**/*.dat"] });
  await becomes(file.id, "withdrawn");
  await pause("resume");

  await account.rename(file, "b.csv");
  await becomes(file.id, "stored");
  expect((await house.landed()).filter(({ name }) => name.includes(file.id))).toHaveLength(1);
});
