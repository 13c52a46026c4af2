import { afterAll, beforeAll, expect, it } from "vitest";
import { enqueue } from "../../src/operations/enqueue.ts";
import { eventually } from "../support/eventually.ts";
import { type House, openHouse } from "../support/house.ts";

/** The pass of every minute, asked for now: these tests do not wait for the clock. */
const reconcile = (house: House) => enqueue(house.db, [{ task: "reconcile", payload: {} }]);

const landed = (house: House, part: string) => async () =>
  (await house.landed()).some(({ name }) => name.includes(part));

for (const subject of ["enterprise", "user"] as const) {
  let house: House;
  let inbox: string;

  beforeAll(async () => {
    house = await openHouse();
    const { box } = house;
    inbox = (await box.account.createFolder({ parentId: "0", name: "Inbox" })).id;
    const share = { type: "folder", id: inbox, userId: box.ccg.userId, role: "viewer" } as const;
    if (subject === "user") await box.account.collaborate(share);
    const account = await house.linkAccount("Lab", subject);
    await house.addSource(account.id, inbox);
  });
  afterAll(() => house.close());

  it(`finds what no webhook announced in the ${subject}'s events, and asks nothing when nothing came`, async () => {
    const { box } = house;
    box.faults.arm({ kind: "delivery", times: 1000, effect: { type: "drop" } });
    await box.account.upload({ parentId: inbox, name: "missed.csv", bytes: "missed" });
    await box.idle();
    await reconcile(house);
    await eventually("the missed file has landed", landed(house, "missed.csv"));

    await eventually("the queue is idle", async () => {
      const jobs = await house.db.execute(
        "select id from graphile_worker.jobs where run_at <= now()",
      );
      return jobs.length === 0;
    });
    box.calls.reset();
    await reconcile(house);
    await eventually("an idle pass was made", () => box.calls.count("events") >= 1);
    expect(box.calls.count()).toBe(box.calls.count("events"));
  });
}
