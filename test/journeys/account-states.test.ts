import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { deliveries } from "../../src/db/schema.ts";
import { eventually } from "../support/eventually.ts";
import { type House, openHouse } from "../support/house.ts";
import { grantedAccount } from "../support/oauth-account.ts";

let house: House;
beforeAll(async () => {
  house = await openHouse({ roles: ["web"] });
});
afterAll(() => house.close());

interface Shown {
  state: string;
  reason: string | null;
  stateSince: string;
}
const shown = (id: string) => house.api<Shown>("GET", `/api/accounts/${id}`);

/** How many of the source's files lie in the lake, and how many are owed. */
async function counts(sourceId: string) {
  const source = await house.api<{ counts: Record<string, number> }>(
    "GET",
    `/api/sources/${sourceId}`,
  );
  const { stored = 0, pending = 0, waiting = 0, givenUp = 0 } = source.counts;
  return { stored, owed: pending + waiting, givenUp };
}

const upload = (parentId: string, name: string) =>
  house.box.account.upload({ parentId, name, bytes: name });

async function folder(name: string): Promise<string> {
  return (await house.box.account.createFolder({ parentId: "0", name })).id;
}

/** How many calls this house has made for an account, as its own figures say. */
async function callsOf(accountId: string): Promise<number> {
  const headers = { authorization: `Bearer ${house.adminToken}` };
  const text = await (await fetch(`http://127.0.0.1:${house.port}/metrics`, { headers })).text();
  const lines = text.split("\n").filter((line) => line.startsWith("longshore_box_calls_total{"));
  const own = lines.filter((line) => line.includes(accountId));
  if (own.length === 0) throw new Error("no call was ever counted");
  return own.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

const delivered = async (accountId: string) =>
  (await house.db.select().from(deliveries).where(eq(deliveries.accountId, accountId))).length;

it("an account whose login dies says so, its work waits, and relinked it goes on without loss", async () => {
  const { box } = house;
  const { serviceUserId, clientId, clientSecret, enterpriseId } = box.ccg;
  const worker = await house.start("worker");
  const id = await grantedAccount(house, { name: "Dying", boxUserId: serviceUserId });
  await house.api("PUT", `/api/accounts/${id}/signature-keys`, box.signatureKeys);
  const inbox = await folder("Dying");
  const { id: source } = await house.addSource(id, inbox, { name: "Dying" });
  await upload(inbox, "before.csv");
  await eventually("the first file is stored", async () => (await counts(source)).stored === 1);
  const linked = await shown(id);

  box.withdrawGrants(serviceUserId);
  await upload(inbox, "while.csv");
  const dead = await eventually("the account needs a new login", async () => {
    const now = await shown(id);
    return now.state === "needs_relogin" && now;
  });
  expect(dead.reason).toMatch("invalid_grant");
  expect(Date.parse(dead.stateSince)).toBeGreaterThan(Date.parse(linked.stateSince));
  await upload(inbox, "later.csv");
  await eventually("both are owed", async () => (await counts(source)).owed === 2);
  expect(await counts(source)).toEqual({ stored: 1, owed: 2, givenUp: 0 });
  expect((await shown(id)).stateSince).toBe(dead.stateSince);

  // One that has just met the refusal may go on with the old credentials for some seconds.
  await house.stop(worker);
  const auth = { kind: "ccg", clientId, clientSecret, subject: "enterprise" };
  const relinked = await house.api<Shown>("PUT", `/api/accounts/${id}/credentials`, {
    auth: { ...auth, subjectId: enterpriseId },
  });
  expect(relinked).toMatchObject({ state: "linked", reason: null });
  await house.start("worker");
  await eventually("all are stored", async () => (await counts(source)).stored === 3);
  expect(await counts(source)).toEqual({ stored: 3, owed: 0, givenUp: 0 });
});

it("while an account is paused Box is not asked, deliveries are kept, and resumed they land", async () => {
  await house.start("worker");
  const { id } = await house.linkAccount("Paused", "enterprise");
  const inbox = await folder("Paused");
  const { id: source } = await house.addSource(id, inbox, { name: "Paused" });
  await upload(inbox, "before.csv");
  await eventually("the first file is stored", async () => (await counts(source)).stored === 1);
  await house.api("POST", `/api/accounts/${id}/pause`, { reason: "Box is being moved" });
  const quiet = () =>
    eventually("the queue is idle", async () => {
      const due = await house.db.execute(
        "select id from graphile_worker.jobs where run_at <= now() or locked_at is not null",
      );
      return due.length === 0;
    });
  await quiet();

  const before = await delivered(id);
  const asked = await callsOf(id);
  await upload(inbox, "while.csv");
  await eventually("it was delivered", async () => (await delivered(id)) > before);
  await quiet();
  expect(await counts(source)).toEqual({ stored: 1, owed: 1, givenUp: 0 });
  expect(await callsOf(id)).toBe(asked);
  expect(await shown(id)).toMatchObject({ state: "paused", reason: "Box is being moved" });

  await house.api("POST", `/api/accounts/${id}/resume`);
  await eventually("it is stored", async () => (await counts(source)).stored === 2);
});
