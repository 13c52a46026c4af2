import { expect, test } from "vitest";
import { createTasks } from "../../src/jobs/tasks.ts";
import { startWorker } from "../../src/jobs/runner.ts";
import type { Turn } from "../../src/core/purse.ts";
import { enqueue, PRIORITY } from "../../src/operations/enqueue.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { databaseForEach } from "../support/for-each.ts";
import { eventually } from "../support/eventually.ts";
import { seedAccount, seedSource, versionSeen } from "../support/seed.ts";
import { bytesOf, factOf, NEVER, scriptBox, workbench } from "./workbench.ts";

const at = databaseForEach();

test.each([
  [PRIORITY.news, "news"],
  [PRIORITY.walk, "news"],
  [PRIORITY.backfill, "backfill"],
] as const)(
  "a version owed with priority %s is fetched as %s of its source",
  async (priority, urgency) => {
    const account = await seedAccount(at.db);
    const source = await seedSource(at.db, account, "10");
    const fact = factOf("100", "bytes");
    const news = [versionSeen({ fact })];
    await recordChanges(at.db, {
      accountId: account,
      door: "listing",
      prefix: "",
      news,
      queue: { priority },
    });
    const box = scriptBox({ download: () => Promise.resolve(bytesOf("bytes")) });
    const { deps } = workbench(at.db, box);
    const turns: (Turn | undefined)[] = [];
    const of = (_account: string, turn?: Turn) => {
      turns.push(turn);
      return Promise.resolve(box.client);
    };
    const tasks = createTasks({ ...deps, boxes: { ...deps.boxes, of } }, () => {});
    const helpers = { job: { id: "1" }, abortSignal: NEVER };
    await tasks.store_version({ objectId: 1 }, helpers as never);
    expect(turns).toEqual([{ urgency, key: source }]);
  },
);

test("news is stored while a backfill that waits for Box occupies every other place", async () => {
  const { deps } = workbench(at.db, scriptBox());
  const nothing = async () => {};
  const waiting = new Set<number>();
  const stored: number[] = [];
  const worker = await startWorker(deps, {
    databaseUrl: at.url,
    stores: 2,
    newsStores: 1,
    others: 1,
    tasks: {
      async store_version(payload, { abortSignal }) {
        const { objectId } = payload as { objectId: number };
        if (objectId === 0) return void stored.push(objectId);
        waiting.add(objectId);
        await new Promise((resolve) => abortSignal?.addEventListener("abort", resolve));
      },
      sync_file: nothing,
      walk_folder: nothing,
      reconcile: nothing,
      keep_webhooks: nothing,
    },
  });
  const wake = (objectId: number, priority: number) =>
    enqueue(at.db, [{ task: "store_version", payload: { objectId }, priority }]);
  for (const id of [1, 2, 3, 4]) await wake(id, PRIORITY.backfill);
  await eventually("the places to be taken", () => waiting.size === 2);
  await wake(0, PRIORITY.news);
  await eventually("the news to be stored", () => stored.length === 1);
  expect([...waiting]).toEqual([1, 2]);
  await worker.stop();
});
