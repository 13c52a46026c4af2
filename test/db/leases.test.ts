import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { Failure } from "../../src/core/failure.ts";
import { finishCheck, leaseCheck } from "../../src/db/check-leases.ts";
import { finishObjects, leaseObjects } from "../../src/db/object-leases.ts";
import { rows } from "../../src/db/open.ts";
import {
  failPass,
  finishPass,
  leasePosition,
  movePosition,
  takePosition,
} from "../../src/db/positions.ts";
import { setBack } from "../../src/db/setbacks.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { inboxForEach } from "../support/for-each.ts";
import { fileTouched, INBOX, versionSeen } from "../support/seed.ts";

const at = inboxForEach({ name: "Plates", tags: ["raw"] });
const [ada, bob] = [randomUUID(), randomUUID()];

const record = (...news: Parameters<typeof recordChanges>[1]["news"]) =>
  recordChanges(at.db, { accountId: at.account, door: "events", prefix: "", news });

/** So many objects that are due, with their ids. */
async function objects(count: number): Promise<number[]> {
  await record(
    ...Array.from({ length: count }, (_, index) =>
      versionSeen({ fileId: String(index + 1), versionId: String(100 + index) }),
    ),
  );
  const found = await rows<{ id: string }>(at.db, sql`select id from objects order by id`);
  return found.map((row) => Number(row.id));
}

async function dueCheck(): Promise<number> {
  await record(fileTouched("1", { parentId: "77" }));
  const [row] = await rows<{ id: string }>(
    at.db,
    sql`update checks set due_at = now() returning id`,
  );
  return Number(row?.id);
}

const only = async <Row extends object>(statement: ReturnType<typeof sql>) => {
  const [row] = await rows<Row>(at.db, statement);
  return row;
};

/** What the lake answered for an object. */
const stored = (id: number, lease: number) => ({
  id,
  lease,
  generation: "7",
  crc32c: "AAAAAA==",
  sizeBytes: 3,
});

const LATER = new Date(Date.now() + 3_600_000);
const setback = (id: number, lease: number, dueAt: Date | undefined) => ({
  id,
  lease,
  attempts: 1,
  failure: "transient" as const,
  reason: "Box was away",
  hint: undefined,
  dueAt,
});

test("a leased object brings everything that storing it needs", async () => {
  await record(
    versionSeen({
      ancestors: INBOX,
      fact: {
        uploadedBy: { id: "5", login: "ada@example.com", name: undefined },
        contentModifiedAt: new Date("2020-01-02T03:04:05.678Z"),
      },
    }),
  );
  const leased = await leaseObjects(at.db, ada, [1]);
  expect(leased.get(1)).toMatchObject({
    id: 1,
    lease: 1,
    attempts: 0,
    path: "plate.csv",
    generation: undefined,
    fileId: "1",
    versionId: "100",
    sizeBytes: 3,
    uploadedBy: { id: "5", login: "ada@example.com" },
    createdAt: new Date("2026-05-01T12:00:00Z"),
    contentCreatedAt: undefined,
    contentModifiedAt: new Date("2020-01-02T03:04:05.678Z"),
    accountId: at.account,
    sourceId: at.source,
    sourceName: "Plates",
    tags: ["raw"],
    metadata: {},
  });
  expect(leased.get(1)?.seenAt).toBeInstanceOf(Date);
});

test("two that lease the same objects at once get each of them once", async () => {
  const ids = await objects(50);
  const [left, right] = await Promise.all([
    leaseObjects(at.db, ada, ids),
    leaseObjects(at.db, bob, ids.toReversed()),
  ]);
  expect([...left.keys(), ...right.keys()].sort((a, b) => a - b)).toEqual(ids);
});

test("what is not due, stored, paused, or waits for its account is not leased", async () => {
  const ids = await objects(1);
  const blocked = [
    sql`update objects set due_at = now() + interval '1 minute', state = 'waiting'`,
    sql`update objects set state = 'stored', generation = '1', stored_bytes = 1`,
    sql`update objects set state = 'given_up'`,
    sql`update objects set state = 'withdrawn'`,
    sql`update sources set state = 'paused'`,
    sql`update sources set state = 'deleted'`,
    sql`update accounts set state = 'needs_relogin'`,
  ];
  for (const block of blocked) {
    await at.db.execute(block);
    expect(await leaseObjects(at.db, ada, ids)).toEqual(new Map());
    await at.db.execute(
      sql`update objects set state = 'pending', due_at = now(), generation = null`,
    );
    await at.db.execute(sql`update sources set state = 'active'`);
    await at.db.execute(sql`update accounts set state = 'linked'`);
  }
  expect((await leaseObjects(at.db, ada, ids)).size).toBe(1);
});

test("a worker that lost its lease of an object writes nothing", async () => {
  const [id = 0] = await objects(1);
  const stale = (await leaseObjects(at.db, ada, [id])).get(id);
  await at.db.execute(sql`update objects set leased_by = null`);
  const held = (await leaseObjects(at.db, bob, [id])).get(id);
  expect(held?.lease).toBe((stale?.lease ?? 0) + 1);

  const done = stored(id, stale?.lease ?? 0);
  expect(await finishObjects(at.db, ada, [done])).toEqual(new Set());
  expect(await setBack(at.db, ada, "objects", setback(id, done.lease, undefined))).toBeUndefined();
  // Not even under the number that is right by now, or as the worker that is.
  const other = { ...done, lease: held?.lease ?? 0 };
  expect(await finishObjects(at.db, ada, [other])).toEqual(new Set());
  expect(await finishObjects(at.db, bob, [done])).toEqual(new Set());
  expect(await only(sql`select state, leased_by as by from objects`)).toEqual({
    state: "pending",
    by: bob,
  });
  expect(await finishObjects(at.db, bob, [other])).toEqual(new Set([id]));
});

test("a stored object forgets its failure and keeps the moment it was first stored", async () => {
  const [id = 0] = await objects(1);
  await leaseObjects(at.db, ada, [id]);
  await setBack(at.db, ada, "objects", setback(id, 1, new Date(Date.now() - 1000)));
  expect(await only(sql`select state, failure, attempts from objects`)).toEqual({
    state: "waiting",
    failure: "transient",
    attempts: 1,
  });
  await leaseObjects(at.db, ada, [id]);
  await finishObjects(at.db, ada, [stored(id, 2)]);
  await at.db.execute(sql`update objects set state = 'pending', stored_at = '2026-01-01Z'`);
  await leaseObjects(at.db, ada, [id]);
  await finishObjects(at.db, ada, [stored(id, 3)]);
  expect(
    await only(
      sql`select state, failure, leased_by as by, stored_at = '2026-01-01Z' as kept from objects`,
    ),
  ).toEqual({ state: "stored", failure: null, by: null, kept: true });
});

test("a debt that is set back waits, and without another time is given up", async () => {
  const id = await dueCheck();
  const held = await leaseCheck(at.db, ada, id);
  await setBack(at.db, ada, "checks", setback(id, held?.lease ?? 0, LATER));
  expect(await only(sql`select state, failure_reason as reason from checks`)).toEqual({
    state: "due",
    reason: "Box was away",
  });
  expect(await leaseCheck(at.db, ada, id)).toBeUndefined();
  await at.db.execute(sql`update checks set due_at = now()`);
  const again = await leaseCheck(at.db, ada, id);
  await setBack(at.db, ada, "checks", setback(id, again?.lease ?? 0, undefined));
  expect(await only(sql`select state from checks`)).toEqual({ state: "given_up" });
});

test("a check is leased to one, when due, of a linked account", async () => {
  const id = await dueCheck();
  const both = await Promise.all([leaseCheck(at.db, ada, id), leaseCheck(at.db, bob, id)]);
  expect(both.filter(Boolean)).toHaveLength(1);
  await at.db.execute(sql`update checks set leased_by = null`);
  await at.db.execute(sql`update accounts set state = 'needs_relogin'`);
  expect(await leaseCheck(at.db, ada, id)).toBeUndefined();
});

test("a finished check is gone; asked meanwhile, it is due again with fresh attempts", async () => {
  const id = await dueCheck();
  await at.db.execute(sql`update checks set attempts = 3`);
  const held = await leaseCheck(at.db, ada, id);
  if (!held) throw new Error("not leased");
  await record(fileTouched("1", { parentId: "77" }));
  expect(await finishCheck(at.db, ada, held)).toBe(true);
  const again = await leaseCheck(at.db, ada, id);
  expect(again).toMatchObject({ attempts: 0, asked: 2 });
  if (!again) throw new Error("not leased");
  expect(await finishCheck(at.db, bob, again)).toBe(false);
  expect(await finishCheck(at.db, ada, held)).toBe(false);
  expect(await only(sql`select id from checks`)).toBeDefined();
  expect(await finishCheck(at.db, ada, again)).toBe(false);
  expect(await only(sql`select id from checks`)).toBeUndefined();
});

test("a check that was given up starts afresh when it is asked for", async () => {
  const id = await dueCheck();
  const held = await leaseCheck(at.db, ada, id);
  await setBack(at.db, ada, "checks", setback(id, held?.lease ?? 0, undefined));
  await record(fileTouched("1", { parentId: "77" }));
  expect(await only(sql`select state, attempts from checks`)).toEqual({
    state: "due",
    attempts: 0,
  });
});

test("asking again never makes a check wait longer", async () => {
  await dueCheck();
  await record(fileTouched("1", { parentId: "77" }));
  expect(await only(sql`select due_at <= now() as due from checks`)).toEqual({ due: true });
});

test("a stream's position is leased to one pass, and only that one moves it", async () => {
  await takePosition(at.db, at.account, "changes", "1");
  await takePosition(at.db, at.account, "changes", "2");
  const both = await Promise.all([
    leasePosition(at.db, ada, at.account, "changes"),
    leasePosition(at.db, bob, at.account, "changes"),
  ]);
  const [held] = both.filter((one) => one !== undefined);
  if (!held || both.every(Boolean)) throw new Error("one must have it, and one not");
  expect(held.position).toBe("1");
  const [mine, other] = both[0] ? [ada, bob] : [bob, ada];
  expect(await movePosition(at.db, other, held, "9")).toBe(false);
  expect(await movePosition(at.db, mine, { ...held, lease: held.lease - 1 }, "9")).toBe(false);
  expect(await movePosition(at.db, mine, held, "9007199254740993")).toBe(true);
  await finishPass(at.db, other, held);
  expect(await leasePosition(at.db, other, at.account, "changes")).toBeUndefined();
  await failPass(at.db, mine, held, new Failure("transient", "Box was away"));
  expect(
    await only(sql`select position, attempts, failure_reason as reason from positions`),
  ).toEqual({ position: "9007199254740993", attempts: 1, reason: "Box was away" });
  const next = await leasePosition(at.db, other, at.account, "changes");
  if (!next) throw new Error("not leased");
  await finishPass(at.db, other, next);
  expect(await only(sql`select attempts, failure from positions`)).toEqual({
    attempts: 0,
    failure: null,
  });
});

test("a stream without a position is not leased", async () => {
  expect(await leasePosition(at.db, ada, at.account, "changes")).toBeUndefined();
});
