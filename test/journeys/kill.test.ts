import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, expect, it } from "vitest";
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

it("finishes after a kill -9 in the middle, each version once", async () => {
  const { box, gcs } = house;
  const inbox = await box.account.createFolder({ parentId: "0", name: "Inbox" });
  const names = Array.from({ length: 60 }, (_, index) => `file ${index}.csv`);
  for (const name of names)
    await box.account.upload({ parentId: inbox.id, name, bytes: `bytes of ${name}` });
  // Slow enough that the kill finds stores in every stage.
  box.faults.arm({ kind: "download", times: 40, skip: 10, effect: { type: "slow", ms: 300 } });

  const first = startWorkerProcess(house, workers);
  const account = await house.linkAccount("Lab", "enterprise");
  await house.addSource(account.id, inbox.id);
  await eventually("some have landed", async () => (await house.landed()).length >= 12);
  first.kill("SIGKILL");
  await once(first, "exit");
  const atKill = (await house.landed()).length;
  expect(atKill).toBeLessThan(names.length);

  startWorkerProcess(house, workers);
  await eventually(
    "the rest has landed",
    async () => (await house.landed()).length === names.length,
  );
  const generations = await gcs.history(BUCKET);
  expect(new Set(generations.map(({ name }) => name)).size).toBe(names.length);
  expect(generations).toHaveLength(names.length);
  await eventually("every row says stored", async () => {
    const rows = await house.db.execute("select state from objects where state <> 'stored'");
    return rows.length === 0;
  });
}, 90_000);
