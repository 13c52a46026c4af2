import { randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { accounts } from "../../src/db/schema.ts";
import { linkByConsent, grantAgain, openBrowser } from "../support/browser.ts";
import { enqueue } from "../../src/operations/enqueue.ts";
import { eventually } from "../support/eventually.ts";
import { openHouse } from "../support/house.ts";

interface Counts {
  stored: number;
  givenUp: number;
}

it("waits for a person when its master key was lost, gives nothing up, and goes on with new credentials", async () => {
  const house = await openHouse({ roles: [] });
  const { box, config, db } = house;
  const { clientId, clientSecret, enterpriseId } = box.ccg;
  const auth = {
    kind: "ccg",
    clientId,
    clientSecret,
    subject: "enterprise",
    subjectId: enterpriseId,
  };
  const standing = async (id: string) => {
    const [row] = await db.select().from(accounts).where(eq(accounts.id, id));
    return { state: row?.state, reason: row?.reason };
  };
  const oldKey = config.secretsKey;
  const before = await house.start("web", "worker");
  const lab = await house.linkAccount("Lab", "enterprise");
  const person = await linkByConsent(house, "Person", box.ccg.userId);
  const folder = await box.account.createFolder({ parentId: "0", name: "Inbox" });
  const source = await house.addSource(lab.id, folder.id);
  await house.stop(before);

  config.secretsKey = randomBytes(32);
  await box.account.upload({ parentId: folder.id, name: "meanwhile.csv", bytes: "a,b\n" });
  const without = await house.start("web", "worker");
  await eventually("the account waits for a person", async () => {
    await enqueue(db, [{ task: "reconcile", payload: {} }]);
    const { state, reason } = await standing(lab.id);
    return state === "needs_relogin" && /cannot be read.*SECRETS_KEY/.test(reason ?? "");
  });
  const tested = house.api("POST", `/api/accounts/${person}/test`);
  await expect(tested).rejects.toThrow(/422 .*as SECRETS_KEY or SECRETS_KEY_PREVIOUS/);
  const pages = await openBrowser(house);
  for (const path of ["/", "/accounts", `/accounts/${person}/grant`])
    expect((await pages.ask(path)).status, path).toBe(200);

  await house.api("PUT", `/api/accounts/${lab.id}/signature-keys`, box.signatureKeys);
  await house.api("PUT", `/api/accounts/${lab.id}/credentials`, { auth });
  expect(await standing(lab.id)).toEqual({ state: "linked", reason: null });
  const counts = await eventually("what came meanwhile is stored", async () => {
    const { counts } = await house.api<{ counts: Counts }>("GET", `/api/sources/${source.id}`);
    return counts.stored > 0 && counts;
  });
  expect(counts).toMatchObject({ stored: 1, givenUp: 0 });
  expect(await house.landed()).toHaveLength(1);
  await house.stop(without);

  // The key was found again: the account that was not entered anew needs no person.
  config.previousSecretsKey = oldKey;
  await house.start("web", "worker");
  await house.api("POST", `/api/accounts/${person}/test`);
  expect(await standing(person)).toEqual({ state: "linked", reason: null });
  await grantAgain(house, person, box.ccg.userId);
  await house.close();
});
