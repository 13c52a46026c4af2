import { sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { rows } from "../../src/db/open.ts";
import { webhooks } from "../../src/db/schema.ts";
import { createHearing, type Heard } from "../../src/http/hear-webhooks.ts";
import { accountForEach } from "../support/for-each.ts";
import { queuedJobs } from "../support/seed.ts";

const at = accountForEach();
beforeEach(async () => {
  const far = new Date(Date.now() + 3_600_000);
  const row = { accountId: at.account, state: "registered" as const, dueAt: far };
  await at.db.insert(webhooks).values([
    { ...row, folderId: "10", boxWebhookId: "1" },
    { ...row, folderId: "11", boxWebhookId: "2" },
  ]);
});

const through = (webhookId: string, trigger = "FILE.UPLOADED"): Heard => ({
  accountId: at.account,
  webhookId,
  trigger,
});
/** One batch of the door, committed; answers how many statements it cost. */
async function deliver(hear: ReturnType<typeof createHearing>, ...batch: Heard[]) {
  let statements = 0;
  const remember = await at.db.transaction(async (tx) => {
    const execute = tx.execute.bind(tx);
    tx.execute = ((...given: Parameters<typeof execute>) => {
      statements++;
      return execute(...given);
    }) as typeof tx.execute;
    return hear(tx, batch);
  });
  remember();
  return statements;
}
const heard = async () =>
  (
    await rows<{ id: string }>(
      at.db,
      sql`select box_webhook_id as id from webhooks where heard_at is not null order by 1`,
    )
  ).map(({ id }) => id);
const due = async () =>
  (
    await rows<{ id: string }>(
      at.db,
      sql`select box_webhook_id as id from webhooks where due_at <= now() order by 1`,
    )
  ).map(({ id }) => id);
const wakeUps = async () =>
  (await queuedJobs(at.db)).map(({ task, payload }) => ({ task, payload }));

test("webhooks that deliver are noted, and within the same minute at no cost", async () => {
  const hear = createHearing();
  expect(await deliver(hear, through("1"), through("1"))).toBe(2);
  expect(await heard()).toEqual(["1"]);
  expect(await deliver(hear, through("1"))).toBe(0);
  await deliver(hear, through("1"), through("2"));
  expect(await heard()).toEqual(["1", "2"]);
  expect([await due(), await wakeUps()]).toEqual([[], []]);
});

test("what was noted in a transaction that failed is noted by the next", async () => {
  const hear = createHearing();
  const failed = at.db.transaction(async (tx) => {
    await hear(tx, [through("1")]);
    throw new Error("the commit failed");
  });
  await expect(failed).rejects.toThrow("commit");
  await deliver(hear, through("1"));
  expect(await heard()).toEqual(["1"]);
});

test.each(["WEBHOOK.DELETED", "NO_ACTIVE_SESSION"])(
  "%s is no sign of life, and has the account's webhooks compared at once",
  async (trigger) => {
    await deliver(createHearing(), through("1", trigger));
    expect(await heard()).toEqual([]);
    expect(await due()).toEqual(["1", "2"]);
    expect(await wakeUps()).toEqual([
      { task: "keep_webhooks", payload: { accountId: at.account } },
    ]);
  },
);

test("a thousand words about one loss are one comparison", async () => {
  const hear = createHearing();
  await deliver(hear, through("1", "WEBHOOK.DELETED"));
  await at.db.execute(
    sql`update webhooks set checked_at = now(), due_at = now() + interval '1 hour',
      box_webhook_id = '10' || box_webhook_id`,
  );
  await deliver(hear, through("2", "WEBHOOK.DELETED"));
  await deliver(hear, through("101", "NO_ACTIVE_SESSION"));
  expect(await due()).toEqual([]);
  expect(await wakeUps()).toHaveLength(1);
});

test("a delivery through a webhook that we do not know has ours compared, once a minute", async () => {
  const hear = createHearing();
  await deliver(hear, through("77"));
  expect(await due()).toEqual(["1", "2"]);
  expect(await deliver(hear, through("77"))).toBe(0);
  expect(await wakeUps()).toHaveLength(1);
});

test("what could not be read names no webhook and says nothing", async () => {
  expect(await deliver(createHearing(), { ...through(""), trigger: undefined })).toBe(0);
});
