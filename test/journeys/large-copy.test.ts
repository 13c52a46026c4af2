import { sql } from "drizzle-orm";
import { expect, it, onTestFinished } from "vitest";
import { rows } from "../../src/db/open.ts";
import { enqueue } from "../../src/operations/enqueue.ts";
import { eventually } from "../support/eventually.ts";
import { openHouse } from "../support/house.ts";

it("lands a large folder copy that Box finished long after it was announced and walked", async () => {
  const house = await openHouse();
  onTestFinished(() => house.close());
  const { account, faults } = house.box;
  const inbox = await account.createFolder({ parentId: "0", name: "Inbox" });
  const away = await account.createFolder({ parentId: "0", name: "Away" });
  for (const name of ["a.csv", "b.csv", "c.csv"])
    await account.upload({ parentId: away.id, name, bytes: name });
  const linked = await house.linkAccount("Lab", "enterprise");
  await house.addSource(linked.id, inbox.id);

  const walk = async () => {
    const [row] = await rows<{ id: string; left: number; leased: boolean }>(
      house.db,
      sql`
        select id, rounds_left as left, leased_by is not null as leased from walks
        where kind = 'signal' and rounds_left < 4`,
    );
    return row && !row.leased && { ...row, id: Number(row.id) };
  };
  faults.settings.copying = { atOnce: 2, pauseMs: 1_000_000 };
  const copied = await account.copy({ ...away, parentId: inbox.id, name: "Copy" });
  const first = await eventually("the folder was walked", walk);
  expect(first.left).toBe(3);
  expect(account.list(copied.id)).toEqual([]);
  expect(await house.landed()).toEqual([]);
  faults.settings.copying.pauseMs = 0;
  await house.box.idle();

  // The minute until its next round has passed.
  await house.db.execute(sql`update walks set due_at = now() where id = ${first.id}::bigint`);
  await enqueue(house.db, [{ task: "walk_folder", payload: { walkId: first.id } }]);
  await eventually("all of it has landed", async () => (await house.landed()).length === 3);
});
