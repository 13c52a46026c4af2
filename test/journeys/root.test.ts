import { expect, it, onTestFinished } from "vitest";
import { enqueue } from "../../src/operations/enqueue.ts";
import { eventually } from "../support/eventually.ts";
import { openHouse } from "../support/house.ts";

it.each(["enterprise", "user"] as const)(
  "a source of the root is polled, and lands what comes into folders made later, by the %s's events",
  async (subject) => {
    const house = await openHouse();
    onTestFinished(() => house.close());
    const { account, ccg } = house.box;
    const linked = await house.linkAccount("Lab", subject);
    const { id, webhook } = await house.addSource(linked.id, "0", { name: "Everything" });
    expect(webhook).toMatchObject({
      state: "polled",
      reason: expect.stringMatching(/root folder/),
    });
    await eventually("the empty root is listed", async () => {
      const path = `/api/sources/${id}`;
      const { backfill } = await house.api<{ backfill: { state: string } }>("GET", path);
      return backfill.state === "done";
    });
    // A user's own folder; the enterprise sees everybody's.
    const by = subject === "user" ? [ccg.userId] : [];
    const made = await account.createFolder({ parentId: "0", name: "Made later" }, ...by);
    const run = await account.createFolder({ parentId: made.id, name: "Run 1" }, ...by);
    const { file } = await account.upload({ parentId: run.id, name: "a.csv", bytes: "a" }, ...by);
    await enqueue(house.db, [{ task: "reconcile", payload: {} }]);
    await eventually("the file has landed", async () =>
      (await house.landed()).some(({ name }) => name.includes(`/Run 1/a.csv/${file.id}-`)),
    );
    expect(house.box.deliveries).toEqual([]);
  },
);

it("a source of an enterprise's root hears what another enterprise does in a folder of its own", async () => {
  const house = await openHouse();
  onTestFinished(() => house.close());
  const { account } = house.box;
  const partner = account.outsider("Partner");
  const theirs = await account.createFolder({ parentId: "0", name: "Partner" }, partner.id);
  const linked = await house.linkAccount("Lab", "enterprise");
  await house.addSource(linked.id, "0", { name: "Everything" });
  const { file } = await account.upload(
    { parentId: theirs.id, name: "a.csv", bytes: "1" },
    partner.id,
  );
  for (const bytes of ["2", "3"])
    await account.uploadVersion({ fileId: file.id, bytes }, partner.id);
  await enqueue(house.db, [{ task: "reconcile", payload: {} }]);
  await eventually("all versions have landed", async () => (await house.landed()).length === 3);
});
