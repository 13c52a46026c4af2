import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, expect, it } from "vitest";
import { enqueue } from "../../src/operations/enqueue.ts";
import { grantAgain, linkByConsent } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { BUCKET, type House, openHouse } from "../support/house.ts";
import { startWorkerProcess } from "../support/worker-process.ts";

let house: House;
const workers = new Set<ChildProcess>();

beforeAll(async () => {
  house = await openHouse({ roles: ["web"] });
});
afterAll(async () => {
  for (const worker of workers) worker.kill("SIGKILL");
  await house.close();
});

const states = async () =>
  ((await house.db.execute("select state from objects")) as unknown as { state: string }[]).map(
    ({ state }) => state,
  );

it("a worker killed with a login's only pair in its hands loses the login, and no work", async () => {
  const { box, gcs } = house;
  const { userId } = box.ccg;
  const account = await linkByConsent(house, "Shared", userId);
  const id = (await box.account.createFolder({ parentId: "0", name: "Inbox" })).id;
  await box.account.collaborate({ type: "folder", id, userId, role: "viewer" });
  const upload = (name: string) => box.account.upload({ parentId: id, name, bytes: name });
  await house.addSource(account, id);
  const victim = startWorkerProcess(house, workers);
  await upload("before.csv");
  await eventually("the first has landed", async () => (await house.landed()).length === 1);

  const stalled = box.faults.arm({ kind: "token", effect: { type: "stall", afterBytes: 0 } });
  box.tokenRequests.length = 0;
  box.expireAccessTokens();
  await upload("in the middle.csv");
  await eventually("Box has answered", () => stalled.consumed && box.tokenRequests.length > 0);
  victim.kill("SIGKILL");
  await once(victim, "exit");
  startWorkerProcess(house, workers);
  await upload("after.csv");
  await enqueue(house.db, [{ task: "reconcile", payload: {} }]);

  await eventually("the account needs a person", async () => {
    const { state, reason } = await house.api<{ state: string; reason: string | null }>(
      "GET",
      `/api/accounts/${account}`,
    );
    return state === "needs_relogin" && reason !== null;
  });
  expect((await states()).filter((state) => !/^(stored|pending|waiting)$/.test(state))).toEqual([]);
  // The answer that nobody kept, and the one refusal that told all processes.
  expect(box.tokenRequests.map(({ error }) => error)).toEqual([undefined, "invalid_grant"]);

  await grantAgain(house, account, userId);
  await eventually("the newest has landed", async () => (await house.landed()).length >= 2);
  await eventually("what the dead worker held has landed", async () => {
    await enqueue(house.db, [{ task: "reconcile", payload: {} }]);
    return (await house.landed()).length === 3;
  });
  const names = (await gcs.history(BUCKET)).map(({ name }) => name);
  expect([names.length, new Set(names).size]).toEqual([3, 3]);
}, 120_000);
