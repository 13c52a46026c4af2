import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type House, openHouse } from "../support/house.ts";

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

interface Report {
  complete: boolean;
  proved: { kind: string } | null;
  box: { files: number; bytes: number } | null;
  lake: { files: number; bytes: number } | null;
  items: { path: string; reason: string }[];
}

it("what neither a webhook nor an event told of is found by a sweep, stored, and shown", async () => {
  const { account } = house.box;
  const folder = await account.createFolder({ parentId: "0", name: "Inbox" });
  const share = { type: "folder", id: folder.id, userId: house.box.ccg.userId } as const;
  await account.collaborate({ ...share, role: "viewer" });
  for (const name of ["known.csv", "missed.csv"])
    await account.upload({ parentId: folder.id, name, bytes: name });
  const { id: accountId } = await house.linkAccount();
  const { id } = await house.addSource(accountId, folder.id);
  const path = `/api/sources/${id}`;
  const report = () => house.api<Report>("GET", `${path}/completeness`);
  await eventually("all is stored", async () => (await report()).complete);
  const whole = { files: 2, bytes: 19 };
  // By the backfill, or by the walk of a stream that a minute's pass began just then.
  expect(await report()).toMatchObject({ box: whole, lake: whole });

  // As if nobody had ever told of it.
  await house.db.execute("delete from objects where path = 'missed.csv'");
  const begun = await house.api<{ id: string }>("POST", `${path}/sweeps`);
  await eventually("the sweep has found and repaired it", async () => {
    const { items } = await house.api<{ items: { id: string; state: string; repaired: number }[] }>(
      "GET",
      `${path}/sweeps`,
    );
    return items[0]?.id === begun.id && items[0].state === "done" && items[0].repaired === 1;
  });
  expect(await report()).toMatchObject({
    complete: true,
    proved: { kind: "sweep" },
    box: whole,
    lake: whole,
    items: [],
  });
  expect(await house.landed()).toHaveLength(2);
});
