import { randomUUID } from "node:crypto";
import { asc, isNull, sql, type SQL } from "drizzle-orm";
import { expect, test } from "vitest";
import { openIncident } from "../../src/db/incidents.ts";
import { leaseObjects } from "../../src/db/object-leases.ts";
import { rows } from "../../src/db/open.ts";
import { budgets, checks, incidents, webhooks } from "../../src/db/schema.ts";
import { beat } from "../../src/db/workers.ts";
import { createLookAfter } from "../../src/jobs/look-after.ts";
import { createLog } from "../../src/log.ts";
import { aDelivery, anObject, aWalk } from "../http/api/rows.ts";
import { inboxForEach } from "../support/for-each.ts";
import { seedAccount } from "../support/seed.ts";

const at = inboxForEach(
  { name: "Plates" },
  { name: "Lab", authKind: "ccg", boxUserId: "17", boxLogin: "lab@x.example" },
);

const run = (statement: SQL) => at.db.execute(statement);
const lines: string[] = [];
const log = createLog("info", { write: (line) => void lines.push(line) });
const look = async () => createLookAfter({ db: at.db, log })({}, new AbortController().signal);
const open = () =>
  at.db.select().from(incidents).where(isNull(incidents.closedAt)).orderBy(asc(incidents.id));
const failedAt = new Date(Date.now() - 60_000);
const failed = { failureReason: "Box answered 403", hint: "Invite it.", failedAt };

/** Looks, and answers the one incident that is open; looking again changes nothing. */
async function found() {
  await look();
  const [one, ...others] = await open();
  expect(others).toEqual([]);
  expect(await look()).toEqual({ outcome: "idle" });
  expect(await open()).toEqual([one]);
  return one!;
}
/** Looks, and nothing is open any more. */
async function mended(statement: SQL) {
  await run(statement);
  await look();
  expect(await open()).toEqual([]);
}

test("while all is well nothing is opened", async () => {
  await anObject(at.db, at.source, { state: "stored" });
  await aWalk(at.db, { id: at.source, accountId: at.account, folderId: "10" }, { state: "done" });
  expect(await look()).toEqual({ outcome: "idle" });
  expect(await open()).toEqual([]);
});

test.each([
  ["oauth", /Grant access/],
  ["developerToken", /another developer token/],
  ["jwt", /Admin Console/],
])("an account that must be linked anew (%s) is open until it is", async (authKind, hint) => {
  await run(sql`update accounts set state = 'needs_relogin', reason = 'Box answered 401.',
    auth_kind = ${authKind}, state_since = '2026-05-01T12:00:00Z'`);
  expect(await found()).toMatchObject({
    kind: "account_needs_relogin",
    subject: at.account,
    accountId: at.account,
    message: expect.stringMatching(/“Lab”: Box answered 401\. Its/),
    hint: expect.stringMatching(hint),
    openedAt: new Date("2026-05-01T12:00:00Z"),
  });
  await mended(sql`update accounts set state = 'linked'`);
});

test("a source whose folder is out of reach is open until a walk of it ends", async () => {
  const place = { id: at.source, accountId: at.account, folderId: "10" };
  const lost = { state: "given_up" as const, failure: "not_found", ...failed };
  await aWalk(at.db, place, lost);
  expect(await found()).toMatchObject({
    kind: "source_unreachable",
    subject: at.source,
    sourceId: at.source,
    message: expect.stringMatching(/“Plates” could not be listed/),
    hint: "Invite it.",
    openedAt: failedAt,
  });
  await aWalk(at.db, place, { state: "done", finishedAt: new Date() });
  await mended(sql`select 1`);
});

test("what was given up is one incident a source, with its counts, and closed by a replay", async () => {
  for (const failure of ["forbidden", "forbidden", "mismatch"])
    await anObject(at.db, at.source, {
      state: "given_up",
      failure,
      ...failed,
      name: randomUUID(),
    });
  const place = { id: at.source, accountId: at.account, folderId: "10" };
  await aWalk(at.db, place, { state: "given_up", failure: "transient", ...failed });
  const one = await found();
  expect(one).toMatchObject({ kind: "given_up", subject: at.source, sourceId: at.source });
  expect(one.message).toContain("2 versions (forbidden), 1 version (mismatch), 1 walk (transient)");
  await run(sql`update objects set state = 'pending' where failure = 'forbidden'`);
  const [less] = (await look(), await open());
  expect(less).toMatchObject({ id: one.id, openedAt: one.openedAt });
  expect(less!.message).not.toContain("forbidden");
  await run(sql`update walks set state = 'done'`);
  await mended(sql`update objects set state = 'stored', generation = '1', stored_bytes = 1`);
});

test("checks given up are one incident of the account", async () => {
  const rest = { reason: "x", door: "events" as const, dueAt: new Date(), ...failed };
  await at.db.insert(checks).values([
    { accountId: at.account, fileId: "1", state: "given_up", failure: "transient", ...rest },
    { accountId: at.account, fileId: "2", state: "given_up", failure: "transient", ...rest },
  ]);
  expect(await found()).toMatchObject({
    kind: "given_up",
    subject: at.account,
    sourceId: null,
    message: expect.stringContaining("account “Lab”: 2 checks (transient)"),
  });
  await mended(sql`delete from checks`);
});

test("a lake that refuses is open while it does", async () => {
  const blocked = { state: "waiting" as const, failure: "blocked", ...failed };
  await anObject(at.db, at.source, { ...blocked, failureReason: "storage.objects.create" });
  expect(await found()).toMatchObject({
    kind: "lake_blocked",
    subject: "lake",
    message: expect.stringContaining("storage.objects.create"),
  });
  await mended(sql`update objects set failed_at = now() - interval '6 minutes'`);
});

const spent = (rest: Partial<typeof budgets.$inferInsert>) =>
  at.db.insert(budgets).values({ boxUserId: "17", ...rest });
const thisMonth = sql`date_trunc('month', now() at time zone 'UTC')::date`;

test("a month's calls that are used up are open until the limit is raised or the month ends", async () => {
  await spent({ callsPerMonth: 1000, usedInMonth: 900, month: thisMonth as unknown as string });
  const one = await found();
  expect(one).toMatchObject({ kind: "budget_exhausted", subject: "17", accountId: at.account });
  expect(one.message).toContain("backfills wait");
  await run(sql`update budgets set used_in_month = 1000`);
  await look();
  expect(await open()).toMatchObject([{ id: one.id, message: expect.stringContaining("used up") }]);
  await mended(sql`update budgets set month = month - interval '1 month'`);
});

test("a pause that Box asks for is open when it is long", async () => {
  await spent({ pausedUntil: new Date(Date.now() + 60_000) });
  expect(await look()).toEqual({ outcome: "idle" });
  await run(sql`update budgets set paused_until = now() + interval '1 hour'`);
  expect(await found()).toMatchObject({ kind: "budget_exhausted", subject: "17" });
  await mended(sql`update budgets set paused_until = now()`);
});

test("signals that cannot be read are open when they are many, for an hour", async () => {
  const odd = { outcome: "unreadable" as const, note: "The body is not JSON." };
  await aDelivery(at.db, at.account, odd);
  await aDelivery(at.db, at.account, { outcome: "noted", trigger: "FILE.NEW" });
  await aDelivery(at.db, at.account, { outcome: "noted", trigger: "WEBHOOK.DELETED" });
  expect(await look()).toEqual({ outcome: "idle" });
  await run(sql`insert into events (account_id, event_id, stream, odd)
    values (${at.account}, 'e', 'changes', 'no id')`);
  expect(await found()).toMatchObject({
    kind: "unreadable_signals",
    subject: at.account,
    message: expect.stringContaining("2 deliveries and 1 events"),
  });
  await mended(sql`update deliveries set received_at = now() - interval '2 hours'`);
});

test("webhooks near Box's limit are counted by Box user, over its accounts", async () => {
  const twin = await seedAccount(at.db, { boxUserId: "17" });
  const some = (of: string, from: number, count: number) =>
    at.db.insert(webhooks).values(
      Array.from({ length: count }, (_, n) => ({
        accountId: of,
        folderId: String(from + n),
        state: "registered" as const,
      })),
    );
  await some(at.account, 1000, 500);
  await some(twin, 5000, 399);
  expect(await look()).toEqual({ outcome: "idle" });
  await some(twin, 9000, 1);
  expect(await found()).toMatchObject({
    kind: "webhooks_near_limit",
    subject: "17",
    details: { webhooks: 900, limit: 1000 },
  });
  await mended(sql`delete from webhooks where account_id = ${twin}`);
});

test("a webhook that is gone is closed when it is not wanted any more, and left open while it is", async () => {
  const [hook] = await at.db
    .insert(webhooks)
    .values({ accountId: at.account, folderId: "10", state: "polled" })
    .returning();
  await openIncident(at.db, { kind: "webhook_gone", subject: hook!.id, message: "Gone." });
  expect(await found()).toMatchObject({ kind: "webhook_gone" });
  await mended(sql`delete from webhooks`);
});

test("what others opened is left alone", async () => {
  await openIncident(at.db, { kind: "gap_reproved", subject: "s", message: "Walked." });
  expect(await found()).toMatchObject({ kind: "gap_reproved", message: "Walked." });
});

test("of many looks at once, one opens", async () => {
  await run(sql`update accounts set state = 'needs_relogin' where id = ${at.account}`);
  lines.length = 0;
  await Promise.all([look(), look(), look(), look()]);
  expect(await open()).toHaveLength(1);
  const warned = lines.filter((line) => line.includes("An incident was opened"));
  expect(warned).toEqual([expect.stringContaining('"kind":"account_needs_relogin"')]);
  expect(warned.join()).not.toContain("Lab");
  await run(sql`update accounts set state = 'linked'`);
  await look();
  expect(lines.join()).toContain("An incident was closed");
});

test("what is leased to nobody that works is free again, also when nobody was buried", async () => {
  const worker = randomUUID();
  await beat(at.db, worker, []);
  for (const fileId of ["1", "2"]) await anObject(at.db, at.source, { fileId });
  await leaseObjects(at.db, worker, [1]);
  // As by a statement that went on when its worker was dead and buried.
  await leaseObjects(at.db, randomUUID(), [2]);
  await aWalk(at.db, { id: at.source, accountId: at.account, folderId: "10" }, { state: "due" });
  await run(sql`update walks set leased_by = ${randomUUID()}::uuid`);
  await look();
  const leased = await rows<{ by: string | null }>(
    at.db,
    sql`select leased_by as by from objects order by id`,
  );
  expect(leased.map(({ by }) => by)).toEqual([worker, null]);
  expect(await rows(at.db, sql`select id from walks where leased_by is not null`)).toEqual([]);
});
