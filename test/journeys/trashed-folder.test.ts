import { sql } from "drizzle-orm";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { rows } from "../../src/db/open.ts";
import { enqueue } from "../../src/operations/enqueue.ts";
import { officialClient } from "../sandbox/box/client.ts";
import { eventually } from "../support/eventually.ts";
import { type House, openHouse } from "../support/house.ts";

/** The folder of a source goes into Box's trash and comes back, with or without its webhook. */
let house: House;
let folder: { id: string; type: "folder" };

beforeEach(async () => {
  house = await openHouse();
  onTestFinished(() => house.close());
  const { account } = house.box;
  const { id } = await account.createFolder({ parentId: "0", name: "Inbox" });
  folder = { id, type: "folder" };
  const linked = await house.linkAccount("Lab", "enterprise");
  await house.addSource(linked.id, id);
  await lands("before.csv");
});

const isLanded = (part: string) => async () =>
  (await house.landed()).some(({ name }) => name.includes(part));

/** Saves a file into the folder, and waits for its object. */
async function lands(name: string) {
  await house.box.account.upload({ parentId: folder.id, name, bytes: name });
  await eventually(`${name} has landed`, isLanded(name));
}

async function hook() {
  const [row] = await rows<{ state: string; boxId: string | null; reason: string | null }>(
    house.db,
    sql`select state, box_webhook_id as "boxId", reason from webhooks`,
  );
  return row!;
}

/** The webhook told of it, whichever door came first. */
const isDelivered = (name: string) => async () =>
  (await rows(house.db, sql`select from versions where name = ${name} and webhook_at is not null`))
    .length > 0;

const minute = () =>
  enqueue(house.db, [
    { task: "reconcile", payload: {} },
    { task: "keep_webhooks", payload: {} },
  ]);

/** Another webhook stands for the one that is gone, and delivers. */
async function isMadeAnew(gone: string | null) {
  await eventually("another webhook stands", async () => {
    await minute();
    const { state, boxId } = await hook();
    return state === "registered" && boxId !== gone;
  });
  await lands("after.csv");
  await eventually("the webhook told of it", isDelivered("after.csv"));
  expect(await house.landed()).toHaveLength(2);
}

it("a webhook that outlives the trash is silent in it, and delivers again after the restore", async () => {
  const { account } = house.box;
  const before = await hook();
  await account.trash(folder);
  await house.box.idle();
  const told = house.box.deliveries.length;
  await account.restore(folder);
  await lands("after.csv");
  await eventually("the webhook told of it", isDelivered("after.csv"));
  expect(house.box.deliveries.slice(told).map(({ trigger }) => trigger)).toEqual([
    "FOLDER.RESTORED",
    "FILE.UPLOADED",
  ]);
  expect(await hook()).toMatchObject({ state: "registered", boxId: before.boxId });
  expect(await house.landed()).toHaveLength(2);
});

it("a webhook that comes back from the trash with other triggers is mended", async () => {
  const { account } = house.box;
  const { boxId } = await hook();
  const client = officialClient(house.box, "enterprise");
  await account.trash(folder);
  await client.webhooks.updateWebhookById(boxId!, { requestBody: { triggers: ["FILE.LOCKED"] } });
  await account.restore(folder);
  await eventually("it asks for uploads again", async () => {
    await minute();
    const { triggers } = await client.webhooks.getWebhookById(boxId!);
    return triggers?.includes("FILE.UPLOADED");
  });
  await lands("after.csv");
  await eventually("the webhook told of it", isDelivered("after.csv"));
});

it("a webhook that went with the folder, without a word, is made anew after the restore", async () => {
  const { account } = house.box;
  const { boxId } = await hook();
  await account.trash(folder);
  await officialClient(house.box, "enterprise").webhooks.deleteWebhookById(boxId!);
  await account.restore(folder);
  await isMadeAnew(boxId);
});

it("a webhook that Box removed while the folder lay in the trash is polled, with why, and made anew after the restore", async () => {
  const { account } = house.box;
  const { boxId } = await hook();
  await account.trash(folder);
  house.box.loseWebhooks();
  const meanwhile = await eventually("it is polled", async () => {
    const now = await hook();
    return now.state === "polled" && now;
  });
  expect(meanwhile).toMatchObject({ boxId: null, reason: expect.stringMatching(/./) });
  await account.restore(folder);
  await isMadeAnew(boxId);
});

it("its source is said to be unreachable while it lies there, and no more once it is back", async () => {
  const { account } = house.box;
  const incidents = () =>
    rows<{ closed: boolean }>(
      house.db,
      sql`select closed_at is not null as closed from incidents where kind = 'source_unreachable'`,
    );
  /** Each asking for a listing that failed is due at once. */
  const again = async () => {
    await house.db.execute(
      sql`update walks set due_at = now() where state = 'due' and attempts > 0`,
    );
    const due = await rows<{ walkId: number }>(
      house.db,
      sql`select id::int as "walkId" from walks where state = 'due'`,
    );
    await enqueue(
      house.db,
      due.map((payload) => ({ task: "walk_folder" as const, payload })),
    );
    await minute();
    await enqueue(house.db, [{ task: "look_after", payload: {} }]);
  };
  await account.trash(folder);
  await eventually("an incident is open", async () => {
    await again();
    return (await incidents()).length === 1;
  });
  await account.restore(folder);
  await eventually("it is closed", async () => {
    await again();
    return (await incidents()).every(({ closed }) => closed);
  });
  await lands("after.csv");
});
