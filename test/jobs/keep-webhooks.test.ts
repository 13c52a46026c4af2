import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { BoxWebhook } from "../../src/box/client.ts";
import { WEBHOOK_TRIGGERS } from "../../src/box/webhook-triggers.ts";
import { Failure } from "../../src/core/failure.ts";
import { folderId } from "../../src/core/ids.ts";
import { markLinked } from "../../src/db/accounts.ts";
import { rows } from "../../src/db/open.ts";
import { webhooks } from "../../src/db/schema.ts";
import { doubtAllWebhooks, doubtWebhooks, folderWasSeen } from "../../src/db/webhooks.ts";
import { createKeepWebhooks } from "../../src/jobs/keep-webhooks.ts";
import { ensureWebhook } from "../../src/operations/ensure-webhook.ts";
import { webhookAddress } from "../../src/operations/webhook-at-box.ts";
import { accountForEach } from "../support/for-each.ts";
import { seedAccount, seedSource } from "../support/seed.ts";
import { BASE, createWebhookBox } from "../support/webhook-box.ts";

const at = accountForEach({ signatureKeys: Buffer.from("sealed"), stateSince: new Date(0) });

const HOUR = 3_600_000;
const ago = (ms: number) => new Date(Date.now() - ms);
const later = ago(-5 * HOUR);
const NEVER = new AbortController().signal;

const standing = (id: string, folder: string, rest: Partial<BoxWebhook> = {}): BoxWebhook => ({
  webhookId: id,
  folderId: folderId(folder),
  address: webhookAddress(BASE, at.account),
  triggers: [...WEBHOOK_TRIGGERS],
  ...rest,
});

/** The row of a webhook that stands, compared long ago and due later. */
async function kept(
  boxId: string,
  folder: string,
  rest: Partial<typeof webhooks.$inferInsert> = {},
) {
  const id = randomUUID();
  await at.db.insert(webhooks).values({
    id,
    accountId: at.account,
    folderId: folder,
    state: "registered",
    boxWebhookId: boxId,
    checkedAt: ago(HOUR),
    dueAt: later,
    ...rest,
  });
  return id;
}

const due = async () =>
  (
    await rows<{ folder: string }>(
      at.db,
      sql`select folder_id as folder from webhooks where due_at <= now() order by 1`,
    )
  ).map(({ folder }) => folder);
const incidents = () =>
  rows<Record<string, unknown>>(
    at.db,
    sql`select kind, subject, source_id as source, closed_at is not null as closed from incidents`,
  );

test("a pass compares what is due, once, and leaves the rest alone", async () => {
  const box = createWebhookBox(at.db, [standing("1", "10"), standing("2", "11")]);
  const keep = createKeepWebhooks(box.deps);
  await kept("1", "10");
  expect(await keep({}, NEVER)).toEqual({ outcome: "idle" });
  await kept("2", "11", { dueAt: ago(0) });
  expect(await keep({}, NEVER)).toMatchObject({ fields: { webhooks: 1 } });
  expect(await keep({}, NEVER)).toEqual({ outcome: "idle" });
  expect(box.calls).toEqual(["look"]);
});

test("one account's pass does not wait for another's webhooks, nor one that must be linked anew", async () => {
  const box = createWebhookBox(at.db);
  const keep = createKeepWebhooks(box.deps);
  await kept("1", "10", { dueAt: ago(0) });
  expect(await keep({ accountId: randomUUID() }, NEVER)).toEqual({ outcome: "idle" });
  await at.db.execute(sql`update accounts set state = 'needs_relogin'`);
  expect(await keep({}, NEVER)).toEqual({ outcome: "idle" });
});

test("passes side by side share the work and compare each webhook once", async () => {
  const hooks = Array.from({ length: 12 }, (_, n) => standing(String(n), String(100 + n)));
  const box = createWebhookBox(at.db, hooks);
  for (const { webhookId, folderId } of hooks) await kept(webhookId, folderId, { dueAt: ago(0) });
  const keep = createKeepWebhooks(box.deps);
  await Promise.all([keep({}, NEVER), keep({}, NEVER), keep({ accountId: at.account }, NEVER)]);
  expect(box.calls).toEqual(hooks.map(() => "look"));
});

test("two that make one webhook at once make one", async () => {
  const box = createWebhookBox(at.db);
  const id = await kept("1", "10");
  await Promise.all([ensureWebhook(box.deps, id), ensureWebhook(box.deps, id)]);
  expect([...box.kept.values()]).toMatchObject([{ folderId: "10" }]);
  const [row] = await at.db.select().from(webhooks);
  expect(row).toMatchObject({ state: "registered", boxWebhookId: [...box.kept.keys()][0] });
});

test("a webhook that another worker made anew meanwhile is not written off again", async () => {
  const box = createWebhookBox(at.db);
  const id = await kept("9", "10");
  const look = box.client.webhook!;
  box.client.webhook = async (boxId) => {
    const found = await look(boxId);
    box.client.webhook = look;
    await ensureWebhook(box.deps, id);
    return found;
  };
  await ensureWebhook(box.deps, id);
  expect(await incidents()).toHaveLength(1);
  expect(box.calls).toEqual(["look", "look", "create", "look"]);
});

test("what is doubted while Box is asked is asked about again", async () => {
  const box = createWebhookBox(at.db, [standing("1", "10")]);
  await kept("1", "10", { dueAt: ago(0) });
  const look = box.client.webhook!;
  box.client.webhook = async (id) => {
    const found = await look(id);
    box.client.webhook = look;
    await doubtWebhooks(at.db, [{ accountId: at.account, webhookId: "1", removed: true }]);
    return found;
  };
  await createKeepWebhooks(box.deps)({}, NEVER);
  expect(box.calls).toEqual(["look", "look"]);
});

test("a webhook that Box has removed is made anew, said in the log, and owned up to", async () => {
  const box = createWebhookBox(at.db);
  const source = await seedSource(at.db, at.account, "10");
  const id = await kept("9", "10", { dueAt: ago(0) });
  await createKeepWebhooks(box.deps)({}, NEVER);
  expect([...box.kept.values()]).toEqual([standing("1", "10")]);
  expect(await incidents()).toEqual([{ kind: "webhook_gone", subject: id, source, closed: true }]);
  expect(box.lines.join()).toContain("Box had removed a webhook");
});

test("while it cannot be made anew, its being gone stays open", async () => {
  const box = createWebhookBox(at.db);
  const id = await kept("9", "10");
  const make = box.client.createWebhook!;
  box.client.createWebhook = () => Promise.reject(new Failure("transient", "Box was away"));
  await ensureWebhook(box.deps, id);
  await ensureWebhook(box.deps, id);
  expect(await incidents()).toMatchObject([{ subject: id, closed: false }]);
  box.client.createWebhook = () => Promise.reject(new Failure("forbidden", "Box answered 403"));
  await ensureWebhook(box.deps, id);
  expect(await incidents()).toMatchObject([{ subject: id, closed: false }]);
  box.client.createWebhook = make;
  await ensureWebhook(box.deps, id);
  expect(await incidents()).toMatchObject([{ subject: id, closed: true }]);
});

test("a webhook whose target was changed is led back, or replaced by the one that stands there", async () => {
  const box = createWebhookBox(at.db, [standing("1", "77")]);
  const id = await kept("1", "10");
  await ensureWebhook(box.deps, id);
  expect([...box.kept.values()]).toEqual([standing("1", "10")]);

  box.kept.set("1", standing("1", "77"));
  box.kept.set("2", standing("2", "10"));
  await ensureWebhook(box.deps, id);
  const [row] = await at.db.select().from(webhooks);
  expect(row).toMatchObject({ state: "registered", boxWebhookId: "2" });
});

test("a word of Box makes the named webhook due, and the account's others unless looked at just now", async () => {
  const other = await seedAccount(at.db);
  await kept("1", "10");
  await kept("2", "11");
  await kept("3", "12", { checkedAt: ago(60_000) });
  await kept("4", "13", { checkedAt: ago(60_000) });
  await kept("5", "14", { state: "polled" });
  await kept("6", "15", { accountId: other });
  const doubt = (webhookId: string, removed: boolean) =>
    doubtWebhooks(at.db, [{ accountId: at.account, webhookId, removed }]);
  expect(await doubt("3", false)).toEqual([at.account]);
  expect(await due()).toEqual(["10", "11"]);
  await doubt("4", true);
  expect(await due()).toEqual(["10", "11", "13"]);
  expect(await doubtWebhooks(at.db, [])).toEqual([]);
});

test("an account that is linked anew has its webhooks compared, the polled ones too", async () => {
  const box = createWebhookBox(at.db, [standing("9", "10")]);
  const keep = createKeepWebhooks(box.deps);
  await kept("9", "10");
  await kept("2", "11", { state: "polled", boxWebhookId: null });
  await at.db.execute(sql`update accounts set state = 'needs_relogin'`);
  await markLinked(at.db, at.account);
  expect(await keep({}, NEVER)).toMatchObject({ fields: { webhooks: 2 } });
  expect([...box.kept.values()].map(({ folderId }) => folderId)).toEqual(["10", "11"]);
  expect(await keep({}, NEVER)).toEqual({ outcome: "idle" });
});

test("credentials that Box refuses make the account wait", async () => {
  const box = createWebhookBox(at.db);
  box.client.webhook = () => Promise.reject(new Failure("unauthorized", "Box answered 401"));
  await kept("1", "10", { dueAt: ago(0) });
  await createKeepWebhooks(box.deps)({}, NEVER);
  const [state] = await rows(at.db, sql`select state from accounts where id = ${at.account}`);
  expect(state).toEqual({ state: "needs_relogin" });
});

test("a folder that is seen again asks again for the webhook that Box refused", async () => {
  await kept("1", "10", { state: "polled" });
  await kept("2", "11");
  const seen = (folder: string, signalled: boolean) =>
    folderWasSeen(at.db, { accountId: at.account, folderId: folder, signalled });
  await seen("10", false);
  await seen("11", false);
  expect(await due()).toEqual(["10"]);
  await seen("11", true);
  expect(await due()).toEqual(["10", "11"]);
});

test("a worker that starts has every webhook compared that was not within the hour", async () => {
  await kept("1", "10", { checkedAt: ago(2 * HOUR) });
  await kept("2", "11", { checkedAt: ago(HOUR / 2) });
  await doubtAllWebhooks(at.db);
  const soon = await rows(
    at.db,
    sql`select folder_id from webhooks where due_at < now() + interval '11 minutes'`,
  );
  expect(soon).toEqual([{ folder_id: "10" }]);
});
