import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { deliveryKey, keepDeliveries, type ReceivedDelivery } from "../../src/db/deliveries.ts";
import { rows } from "../../src/db/open.ts";
import { accountForEach } from "../support/for-each.ts";
import { seedAccount } from "../support/seed.ts";

const at = accountForEach();

const received = (rest: Partial<ReceivedDelivery> = {}): ReceivedDelivery => ({
  accountId: at.account,
  webhookId: "7",
  eventId: "event-1",
  deliveryId: "delivery-1",
  trigger: "FILE.UPLOADED",
  outcome: "recorded",
  note: undefined,
  body: Buffer.from([0, 255, 10, 128]),
  ...rest,
});

const kept = () =>
  rows<Record<string, unknown>>(
    at.db,
    sql`select webhook_id as hook, event_id as event, delivery_id as delivery, note,
      encode(body, 'hex') as body from deliveries order by id`,
  );

test("keeps a delivery with its body to the byte, and says that it is new", async () => {
  expect(await keepDeliveries(at.db, [received()])).toEqual(new Set([deliveryKey(received())]));
  expect(await kept()).toEqual([
    { hook: "7", event: "event-1", delivery: "delivery-1", note: null, body: "00ff0a80" },
  ]);
});

test("Box's next try of a delivery has another id and is not new, in one batch or in two", async () => {
  const retried = received({ deliveryId: "delivery-2" });
  expect((await keepDeliveries(at.db, [received(), retried])).size).toBe(1);
  const again = received({ deliveryId: "delivery-3" });
  expect((await keepDeliveries(at.db, [again])).size).toBe(0);
  expect(await kept()).toHaveLength(1);
});

test("one event through two webhooks, or to two accounts, is kept for each", async () => {
  const other = await seedAccount(at.db);
  const batch = [received(), received({ webhookId: "8" }), received({ accountId: other })];
  expect((await keepDeliveries(at.db, batch)).size).toBe(3);
});

test("the same deliveries in eight transactions at once are new in one, and nobody deadlocks", async () => {
  const batch = Array.from({ length: 50 }, (_, index) => received({ eventId: `event-${index}` }));
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      at.db.transaction((tx) => keepDeliveries(tx, index % 2 ? batch : batch.toReversed())),
    ),
  );
  expect(answers.reduce((sum, fresh) => sum + fresh.size, 0)).toBe(50);
  expect(await kept()).toHaveLength(50);
});

test("nothing is kept of a transaction that fails", async () => {
  const failing = at.db.transaction(async (tx) => {
    await keepDeliveries(tx, [received()]);
    throw new Error("later");
  });
  await expect(failing).rejects.toThrow("later");
  expect(await kept()).toEqual([]);
});
