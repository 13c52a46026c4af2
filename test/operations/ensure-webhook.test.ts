import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { BoxWebhook } from "../../src/box/client.ts";
import { WEBHOOK_TRIGGERS } from "../../src/box/webhook-triggers.ts";
import { Failure } from "../../src/core/failure.ts";
import { folderId } from "../../src/core/ids.ts";
import { rows } from "../../src/db/open.ts";
import { webhooks } from "../../src/db/schema.ts";
import { ensureWebhook } from "../../src/operations/ensure-webhook.ts";
import { webhookAddress } from "../../src/operations/webhook-at-box.ts";
import { accountForEach } from "../support/for-each.ts";
import { wipe } from "../support/seed.ts";
import { BASE, createWebhookBox } from "../support/webhook-box.ts";

const at = accountForEach({ signatureKeys: Buffer.from("sealed") });

const createBox = (...standing: BoxWebhook[]) => createWebhookBox(at.db, standing);

async function want(rest: Partial<typeof webhooks.$inferInsert> = {}) {
  const id = randomUUID();
  await at.db.insert(webhooks).values({ id, accountId: at.account, folderId: "10", ...rest });
  return id;
}

const webhook = (rest: Partial<BoxWebhook> = {}): BoxWebhook => ({
  webhookId: "77",
  folderId: folderId("10"),
  address: webhookAddress(BASE, at.account),
  triggers: [...WEBHOOK_TRIGGERS],
  ...rest,
});

const hookRows = () =>
  rows<Record<string, unknown>>(
    at.db,
    sql`select state, box_webhook_id as "boxId", reason, hint, attempts,
      due_at > now() + interval '30 minutes' as later from webhooks`,
  );

test("creates a webhook, and called again only looks", async () => {
  const box = createBox();
  const id = await want();
  expect(await ensureWebhook(box.deps, id)).toMatchObject({ state: "registered" });
  expect([...box.kept.values()]).toEqual([webhook({ webhookId: "1" })]);
  await ensureWebhook(box.deps, id);
  expect(box.calls).toEqual(["create", "look"]);
  expect(await hookRows()).toMatchObject([{ state: "registered", boxId: "1", later: true }]);
});

test("asks Box for none on the root, without keys, or without an address, and says why", async () => {
  const box = createBox();
  const cases = [
    { row: { folderId: "0" }, keys: true, base: BASE, reason: /root folder/ },
    { row: {}, keys: false, base: BASE, reason: /signature keys/ },
    { row: {}, keys: true, base: undefined, reason: /public https/ },
  ];
  for (const { row, keys, base, reason } of cases) {
    await wipe(at.db);
    await at.db.execute(sql`update accounts set signature_keys = ${keys ? "sealed" : null}::bytea`);
    await ensureWebhook({ ...box.deps, webhookBase: base }, await want(row));
    const [found] = await hookRows();
    expect(found).toMatchObject({ state: "polled", reason: expect.stringMatching(reason) });
    expect(found?.["hint"]).toEqual(expect.any(String));
  }
  expect(box.calls).toEqual([]);
});

test("adopts a webhook of ours that stands already, mending its address and triggers", async () => {
  const ours = webhook({ address: `${BASE}/webhooks/box/old`, triggers: ["FILE.UPLOADED"] });
  const box = createBox(webhook({ webhookId: "5", folderId: folderId("11") }), ours);
  await ensureWebhook(box.deps, await want());
  expect(box.kept.get("77")).toEqual(webhook());
  expect(await hookRows()).toMatchObject([{ state: "registered", boxId: "77" }]);
});

test("a crash between Box's answer and our row leaves one webhook, adopted by the next call", async () => {
  const box = createBox();
  const id = await want();
  box.on.create = () => {
    throw new Error("the process died here");
  };
  await expect(ensureWebhook(box.deps, id)).rejects.toThrow("died");
  expect(await hookRows()).toMatchObject([{ state: "wanted", boxId: null }]);
  box.on.create = () => {};
  await ensureWebhook(box.deps, id);
  expect(box.kept.size).toBe(1);
  expect(await hookRows()).toMatchObject([{ state: "registered", boxId: "1" }]);
});

test.each([
  ["another host", "https://elsewhere.example/webhooks/box/1"],
  ["a host that only begins alike", `${BASE}.evil.example/webhooks/box/1`],
])("never touches a webhook that leads to %s", async (_name, address) => {
  const box = createBox(webhook({ address }));
  await ensureWebhook(box.deps, await want());
  expect(box.kept.get("77")).toEqual(webhook({ address }));
  expect(await hookRows()).toMatchObject([{ state: "polled", boxId: null }]);
});

const ELSEWHERE = webhook({ address: "https://production.example/webhooks/box/1" });

test("a copy of another installation's database neither leads its webhooks over nor removes them", async () => {
  const box = createBox(ELSEWHERE);
  // Copied before addresses were kept, or after.
  for (const address of [null, ELSEWHERE.address]) {
    await wipe(at.db);
    const known = { boxWebhookId: "77", address };
    await ensureWebhook(box.deps, await want({ state: "registered", ...known }));
    expect(await hookRows()).toMatchObject([
      { state: "polled", hint: expect.stringContaining("PUBLIC_URL_PREVIOUS") },
    ]);
    for (const webhookBase of [BASE, undefined]) {
      await wipe(at.db);
      const unwanted = await want({ state: "unwanted", ...known });
      await ensureWebhook({ ...box.deps, webhookBase }, unwanted);
      expect(await hookRows()).toEqual([]);
    }
  }
  expect(box.kept.get("77")).toEqual(ELSEWHERE);
});

test("a webhook that we made is led back to us, or removed, wherever somebody has led it", async () => {
  const box = createBox();
  const id = await want();
  await ensureWebhook(box.deps, id);
  const drift = () => box.kept.set("1", { ...ELSEWHERE, webhookId: "1" });
  drift();
  expect(await ensureWebhook(box.deps, id)).toMatchObject({ state: "registered" });
  expect(box.kept.get("1")).toEqual(webhook({ webhookId: "1" }));
  drift();
  await at.db.execute(sql`update webhooks set state = 'unwanted'`);
  await ensureWebhook(box.deps, id);
  expect(box.kept.size).toBe(0);
});

test("an installation that moved leads its webhooks over, when it is said where it was", async () => {
  const box = createBox(ELSEWHERE);
  const id = await want({ state: "registered", boxWebhookId: "77" });
  const deps = { ...box.deps, formerWebhookBase: "https://production.example" };
  expect(await ensureWebhook(deps, id)).toMatchObject({ state: "registered" });
  expect(box.kept.get("77")).toEqual(webhook());
});

test("mends a webhook that drifted, and makes one anew that Box has removed", async () => {
  const box = createBox(webhook({ triggers: ["FILE.UPLOADED"] }));
  const id = await want({ state: "registered", boxWebhookId: "77" });
  await ensureWebhook(box.deps, id);
  expect(box.kept.get("77")).toEqual(webhook());
  box.kept.clear();
  await ensureWebhook(box.deps, id);
  expect([...box.kept.values()]).toEqual([webhook({ webhookId: "1" })]);
  expect(await hookRows()).toMatchObject([{ state: "registered", boxId: "1" }]);
});

test.each(["forbidden", "not_found", "invalid"] as const)(
  "a folder for which Box refuses a webhook (%s) is polled, with the reason, and asked about seldom",
  async (kind) => {
    const box = createBox();
    box.client.createWebhook = () => Promise.reject(new Failure(kind, "Box answered 4xx"));
    await ensureWebhook(box.deps, await want());
    expect(await hookRows()).toMatchObject([{ state: "polled", reason: "Box answered 4xx" }]);
    const [{ days } = { days: 0 }] = await rows<{ days: number }>(
      at.db,
      sql`select round(extract(epoch from due_at - now()) / 86400)::int as days from webhooks`,
    );
    expect(days).toBe(1);
  },
);

test.each([
  ["access_denied_insufficient_permissions", "Nothing is missed"],
  ["access_from_location_blocked", "Ask the administrator"],
])(
  "what Box refuses with %s says what a webhook takes, or what stands in its way",
  async (code, hint) => {
    const box = createBox();
    const refused = new Failure("forbidden", "Box answered 403", {
      code,
      hint: "Ask the administrator",
    });
    box.client.createWebhook = () => Promise.reject(refused);
    await ensureWebhook(box.deps, await want());
    expect(await hookRows()).toMatchObject([{ hint: expect.stringContaining(hint) }]);
  },
);

test("what Box cannot answer now is noted and due again", async () => {
  const box = createBox();
  box.client.createWebhook = () => Promise.reject(new Failure("transient", "Box was away"));
  const id = await want();
  await ensureWebhook(box.deps, id);
  await ensureWebhook(box.deps, id);
  expect(await hookRows()).toMatchObject([
    { state: "wanted", reason: "Box was away", attempts: 2, later: false },
  ]);
});

test("an unwanted webhook is removed at Box, then here; twice is once", async () => {
  const box = createBox(webhook());
  const id = await want({ state: "unwanted", boxWebhookId: "77" });
  expect(await ensureWebhook(box.deps, id)).toBeUndefined();
  expect(box.kept.size).toBe(0);
  expect(await hookRows()).toEqual([]);
  expect(await ensureWebhook(box.deps, id)).toBeUndefined();
});

test("an unwanted webhook that Box cannot remove now stays to be removed", async () => {
  const box = createBox(webhook());
  box.client.deleteWebhook = () => Promise.reject(new Failure("transient", "Box was away"));
  await ensureWebhook(box.deps, await want({ state: "unwanted", boxWebhookId: "77" }));
  expect(await hookRows()).toMatchObject([{ state: "unwanted", boxId: "77", attempts: 1 }]);
});

test("a webhook that is wanted again while it is removed is made again", async () => {
  const box = createBox(webhook());
  const id = await want({ state: "unwanted", boxWebhookId: "77" });
  box.on.remove = async () => {
    await at.db.execute(sql`update webhooks set state = 'wanted', due_at = now()`);
  };
  await ensureWebhook(box.deps, id);
  expect(await hookRows()).toMatchObject([{ state: "registered" }]);
  expect(box.kept.size).toBe(1);
});

test("a webhook that is unwanted while it is made is removed again", async () => {
  const box = createBox();
  const id = await want();
  box.on.create = async () => {
    await at.db.execute(sql`update webhooks set state = 'unwanted'`);
  };
  await ensureWebhook(box.deps, id);
  expect(await hookRows()).toEqual([]);
  expect(box.kept.size).toBe(0);
});

test("a webhook whose row is gone when it was made does not stay at Box", async () => {
  const box = createBox();
  const id = await want();
  box.on.create = async () => {
    await at.db.execute(sql`delete from webhooks`);
  };
  expect(await ensureWebhook(box.deps, id)).toBeUndefined();
  expect(box.kept.size).toBe(0);
});
