import { expect, it, onTestFinished } from "vitest";
import { eventually } from "../support/eventually.ts";
import { BUCKET, openHouse } from "../support/house.ts";

it("lands what came into a folder while it was not shared, by the sweep, and what it has already no second time", async () => {
  const house = await openHouse();
  onTestFinished(() => house.close());
  const { account } = house.box;
  const inbox = await account.createFolder({ parentId: "0", name: "Inbox" });
  const { userId } = house.box.ccg;
  const share = { type: "folder", id: inbox.id, userId, role: "viewer" } as const;
  const shared = await account.collaborate(share);
  const before = await account.upload({ parentId: inbox.id, name: "a.csv", bytes: "a" });
  const linked = await house.linkAccount("Lab", "user");
  const source = await house.addSource(linked.id, inbox.id);
  const landed = (versionId: string) => async () =>
    (await house.landed()).some(({ name }) => name.includes(versionId));
  await eventually("what was there has landed", landed(before.version.id));

  // Box tells the collaborator neither of the one nor of the other.
  await account.endCollaboration(String(shared["id"]));
  const meanwhile = await account.upload({ parentId: inbox.id, name: "b.csv", bytes: "b" });
  await house.box.idle();
  await account.collaborate(share);
  await house.api("POST", `/api/sources/${source.id}/sweeps`);
  await eventually("what came meanwhile has landed", landed(meanwhile.version.id));
  expect(await house.gcs.history(BUCKET)).toHaveLength(2);
});
