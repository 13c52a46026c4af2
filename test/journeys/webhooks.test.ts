import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, it } from "vitest";
import { rows } from "../../src/db/open.ts";
import { enqueue } from "../../src/operations/enqueue.ts";
import { eventually } from "../support/eventually.ts";
import { type House, openHouse } from "../support/house.ts";

let house: House;
let inbox: string;

beforeEach(async () => {
  house = await openHouse();
  const { box } = house;
  inbox = (await box.account.createFolder({ parentId: "0", name: "Inbox" })).id;
  const account = await house.linkAccount("Lab", "enterprise");
  await house.addSource(account.id, inbox);
});
afterEach(() => house.close());

interface Row {
  state: string;
  boxId: string | null;
  compared: string;
  heard: string | null;
}
const hook = async () => {
  const [row] = await rows<Row>(
    house.db,
    sql`select state, box_webhook_id as "boxId", checked_at::text as compared,
      heard_at::text as heard from webhooks`,
  );
  return row!;
};
const landed = (part: string) => async () =>
  (await house.landed()).some(({ name }) => name.includes(part));

it("a webhook that Box removes is made anew at once, and delivers again", async () => {
  const { box } = house;
  const before = await hook();
  expect(before).toMatchObject({ state: "registered", heard: null });
  box.loseWebhooks();
  await eventually("another webhook stands", async () => {
    const { state, boxId } = await hook();
    return state === "registered" && boxId !== before.boxId;
  });
  await box.account.upload({ parentId: inbox, name: "afterwards.csv", bytes: "afterwards" });
  await eventually("the file has landed", landed("afterwards.csv"));
  expect((await hook()).heard).not.toBeNull();
  const found = await rows(
    house.db,
    sql`select kind, closed_at is not null as closed from incidents`,
  );
  expect(found).toEqual([{ kind: "webhook_gone", closed: true }]);
});

it("a webhook whose session has ended is looked at when it says so", async () => {
  const { box } = house;
  await house.db.execute(sql`update webhooks set checked_at = now() - interval '1 hour'`);
  const before = await hook();
  box.faults.settings.noActiveSession = true;
  await box.account.upload({ parentId: inbox, name: "mute.csv", bytes: "mute" });
  await eventually("it was compared", async () => (await hook()).compared !== before.compared);
  box.faults.settings.noActiveSession = false;
  expect((await hook()).boxId).toBe(before.boxId);
});

it("a webhook that delivers nothing of what the events tell is silent, and compared at once", async () => {
  const { box, db } = house;
  const look = () => enqueue(db, [{ task: "look_after", payload: {} }]);
  // What stays, whichever minute's look found it: when it was found silent, and how it was compared since.
  const found = async () => {
    const [incident] = await rows<{ closed: boolean; compared: boolean }>(
      db,
      sql`select i.closed_at is not null as closed, w.checked_at >= i.opened_at as compared
        from incidents i join webhooks w on w.id::text = i.subject where i.kind = 'webhook_silent'`,
    );
    return incident;
  };
  box.faults.arm({ kind: "delivery", times: 3, effect: { type: "drop" } });
  for (const name of ["a.csv", "b.csv", "c.csv"])
    await box.account.upload({ parentId: inbox, name: `unheard ${name}`, bytes: name });
  await box.idle();
  await enqueue(db, [{ task: "reconcile", payload: {} }]);
  for (const name of ["a.csv", "b.csv", "c.csv"])
    await eventually(`${name} has landed without it`, landed(name));

  // A quarter of an hour later.
  await db.execute(sql`update versions set seen_at = seen_at - interval '15 minutes',
    created_at = created_at - interval '15 minutes' where name like 'unheard%'`);
  await db.execute(sql`update sources set created_at = created_at - interval '1 day'`);
  await look();
  await eventually("it is found silent", found);
  await eventually("it was compared", async () => (await found())?.compared);
  expect(await found()).toMatchObject({ closed: false });
});
