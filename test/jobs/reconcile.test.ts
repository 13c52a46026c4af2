import { sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import type { EventsPage } from "../../src/box/client.ts";
import { Failure } from "../../src/core/failure.ts";
import { rows } from "../../src/db/open.ts";
import { takePosition } from "../../src/db/positions.ts";
import { createReconcile } from "../../src/jobs/reconcile.ts";
import { inboxForEach } from "../support/for-each.ts";
import { counts, owed, queuedJobs, seedAccount, seedSource, sha1 } from "../support/seed.ts";
import { NEVER, scriptBox, workbench } from "./workbench.ts";

const at = inboxForEach();
beforeEach(() => takePosition(at.db, at.account, "changes", "1"));

/** An upload as a user's own feed tells it. */
const upload = (file: string, eventId = `event-${file}`) => ({
  type: "event",
  event_id: eventId,
  event_type: "ITEM_UPLOAD",
  created_at: "2026-05-01T12:00:00Z",
  source: {
    type: "file",
    id: file,
    name: `${file}.csv`,
    etag: "0",
    size: 3,
    sha1: sha1("a"),
    file_version: { type: "file_version", id: `${file}00`, sha1: sha1("a") },
    parent: { type: "folder", id: "10", name: "Inbox" },
    path_collection: {
      total_count: 2,
      entries: [
        { type: "folder", id: "0", name: "All Files" },
        { type: "folder", id: "10", name: "Inbox" },
      ],
    },
    item_status: "active",
    created_at: "2026-05-01T12:00:00Z",
    modified_at: "2026-05-01T12:00:00Z",
  },
});

/** A stream that answers pages by the position they are asked for; elsewhere it has nothing new. */
function stream(pages: Record<string, EventsPage>) {
  const box = scriptBox({
    events: async (_stream, position) => pages[position] ?? { entries: [], nextPosition: position },
  });
  const bench = workbench(at.db, box);
  return { ...bench, box, reconcile: createReconcile(bench.deps) };
}

const pass = ({ reconcile }: ReturnType<typeof stream>, signal = NEVER) =>
  reconcile({ accountId: at.account, stream: "changes" }, signal);

const position = async () => {
  const [row] = await rows<Record<string, unknown>>(
    at.db,
    sql`select position, attempts, failure, leased_by as by from positions`,
  );
  return row;
};

const accountState = async () => {
  const [row] = await rows<{ state: string }>(at.db, sql`select state from accounts`);
  return row?.state;
};

test("without an account it wakes one pass for each stream that a source needs, waiting ones too", async () => {
  const waiting = await seedAccount(at.db, { state: "needs_relogin" });
  const deleted = await seedAccount(at.db, { state: "deleted" });
  const idle = await seedAccount(at.db);
  for (const one of [waiting, deleted]) await seedSource(at.db, one, "10");
  for (const one of [waiting, deleted, idle]) await takePosition(at.db, one, "changes", "1");
  await stream({}).reconcile({}, NEVER);
  const jobs = await queuedJobs(at.db);
  const woken = jobs.map(({ payload }) => payload);
  expect(new Set(woken.map(({ accountId }) => accountId))).toEqual(new Set([at.account, waiting]));
  expect(woken).toContainEqual({ accountId: at.account, stream: "changes" });
  const held = await rows<{ id: string }>(at.db, sql`select account_id as id from positions`);
  expect(new Set(held.map(({ id }) => id))).toEqual(new Set([at.account, waiting]));
  await at.db.execute(sql`delete from positions where account_id <> ${at.account}::uuid`);
  await at.db.execute(sql`delete from sources where account_id <> ${at.account}::uuid`);
  await at.db.execute(sql`delete from accounts where id <> ${at.account}::uuid`);
});

test("reads on from the saved position until nothing comes, short pages too", async () => {
  const house = stream({
    "1": { entries: [upload("1")], nextPosition: "2" },
    "2": { entries: [upload("2"), upload("3")], nextPosition: "3" },
  });
  expect(await pass(house)).toMatchObject({ outcome: "done", fields: { events: 3 } });
  expect(house.box.calls).toEqual(["events changes 1", "events changes 2", "events changes 3"]);
  expect(await owed(at.db)).toHaveLength(3);
  expect(await position()).toEqual({ position: "3", attempts: 0, failure: null, by: null });
});

test("a position beyond what a number holds is kept to the digit", async () => {
  await pass(stream({ "1": { entries: [upload("1")], nextPosition: "9223372036854775807" } }));
  expect(await position()).toMatchObject({ position: "9223372036854775807" });
});

test.each([["0"], [undefined]])("a next position %j replaces none", async (nextPosition) => {
  await pass(stream({ "1": { entries: [upload("1")], nextPosition } }));
  expect(await owed(at.db)).toHaveLength(1);
  expect(await position()).toMatchObject({ position: "1", by: null });
});

test("an event that is told again, in its page or at a later position, is worked once", async () => {
  const house = stream({
    "1": { entries: [upload("1"), upload("1")], nextPosition: "2" },
    "2": { entries: [upload("1"), upload("2")], nextPosition: "3" },
  });
  expect(await pass(house)).toMatchObject({ fields: { events: 2 } });
  expect(await counts(at.db)).toMatchObject({ versions: 2, objects: 2, jobs: 2 });
});

test("a page that only repeats what is known does not hide what is new behind it", async () => {
  const house = stream({
    "1": { entries: [upload("1")], nextPosition: "2" },
    "2": { entries: [upload("1")], nextPosition: "3" },
    "3": { entries: [upload("2")], nextPosition: "4" },
  });
  expect(await pass(house)).toMatchObject({ fields: { events: 2 } });
  expect(await position()).toMatchObject({ position: "4" });
});

test("a stream that repeats itself at ever new positions comes to an end", async () => {
  let at = 1;
  const house = stream({});
  house.box.answers.events = async () => ({ entries: [upload("1")], nextPosition: String(++at) });
  expect(await pass(house)).toMatchObject({ outcome: "done", fields: { events: 1 } });
});

test("a page moves the position only together with what it told", async () => {
  const house = stream({ "1": { entries: [upload("1")], nextPosition: "2" } });
  house.box.answers.events = async (_stream, at) => {
    if (at === "1") return { entries: [upload("1")], nextPosition: "2" };
    throw new Failure("transient", "Box was away");
  };
  expect(await pass(house)).toMatchObject({ outcome: "set_back" });
  expect(await position()).toMatchObject({ position: "2", attempts: 1, failure: "transient" });
  expect(await owed(at.db)).toHaveLength(1);
});

test("a page whose work cannot be written leaves the position where it was", async () => {
  const house = stream({ "1": { entries: [upload("1")], nextPosition: "2" } });
  await at.db.execute(sql`alter table versions rename to versions_away`);
  try {
    expect(await pass(house)).toMatchObject({ outcome: "set_back" });
    expect(await position()).toMatchObject({ position: "1", attempts: 1, by: null });
  } finally {
    await at.db.execute(sql`alter table versions_away rename to versions`);
  }
  expect(await rows(at.db, sql`select 1 from events`)).toEqual([]);
  expect(await pass(house)).toMatchObject({ outcome: "done", fields: { events: 1 } });
});

test("a page that cannot be committed at the very end leaves the position where it was", async () => {
  const house = stream({ "1": { entries: [upload("1")], nextPosition: "2" } });
  // Deferred to the commit, when every statement of the page has succeeded.
  await at.db.execute(sql`
    create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$`);
  await at.db.execute(sql`
    create constraint trigger refuse after insert on versions
      deferrable initially deferred for each row execute function refuse()`);
  try {
    expect(await pass(house)).toMatchObject({ outcome: "set_back" });
    expect(await position()).toMatchObject({ position: "1", attempts: 1, by: null });
  } finally {
    await at.db.execute(sql`drop function refuse cascade`);
  }
  expect(await pass(house)).toMatchObject({ outcome: "done", fields: { events: 1 } });
});

const deep = () => {
  let nested: unknown = "end";
  for (let depth = 0; depth < 500; depth++) nested = { nested };
  return nested;
};

test("a bad event is a row, and harms no neighbour", async () => {
  const bad: unknown[] = [
    null,
    7,
    "text",
    [],
    {},
    { event_type: "ITEM_UPLOAD" },
    { event_id: "odd-1", event_type: "ITEM_UPLOAD", source: null },
    { event_id: "odd-2", event_type: "ITEM_UPLOAD", source: { type: "file", id: {} } },
    { event_id: "odd-3", event_type: "ITEM_UPLOAD", source: { type: "file", id: "x\0\ud800" } },
    { event_id: "odd-4\0", event_type: "\ud800", created_at: "yesterday" },
    { event_id: "odd-5", event_type: "ITEM_UPLOAD", source: deep() },
    { ...upload("8"), event_id: "x".repeat(20_000) },
    { ...upload("9"), event_id: randomText(20_000) },
  ];
  const house = stream({
    "1": { entries: [...bad, upload("1")], nextPosition: "2" },
  });
  expect(await pass(house)).toMatchObject({ outcome: "done" });
  expect(await position()).toMatchObject({ position: "2" });
  expect(await owed(at.db)).toContain("1-100 1.csv pending");
  const odd = await rows<{ odd: string }>(
    at.db,
    sql`select odd from events where odd is not null and raw is not null`,
  );
  expect(odd.length).toBeGreaterThanOrEqual(3);
});

/** Text that no compression makes short, the same each time. */
function randomText(length: number): string {
  let seed = 7;
  let text = "";
  while (text.length < length) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    text += seed.toString(36);
  }
  return text.slice(0, length);
}

test("a pass that finds another under way leaves it alone", async () => {
  const house = stream({});
  let during: unknown;
  house.box.answers.events = async (_stream, at) => {
    during ??= await pass(house);
    return { entries: [], nextPosition: at };
  };
  expect(await pass(house)).toMatchObject({ outcome: "done" });
  expect(during).toEqual({ outcome: "idle" });
  expect(house.box.calls).toHaveLength(1);
});

test("a pass that lost its lease moves nothing", async () => {
  const house = stream({});
  house.box.answers.events = async () => {
    await at.db.execute(sql`update positions set leased_by = gen_random_uuid(), lease = lease + 1`);
    return { entries: [upload("1")], nextPosition: "2" };
  };
  expect(await pass(house)).toMatchObject({ outcome: "set_back", failure: { kind: "stopped" } });
  expect(await position()).toMatchObject({ position: "1", attempts: 0 });
  expect((await position())?.["by"]).not.toBeNull();
  expect(await owed(at.db)).toEqual([]);
});

test("refused credentials make the account wait; the day they work, the pass links it again", async () => {
  const house = stream({});
  house.box.answers.events = () => Promise.reject(new Failure("unauthorized", "Box says 401"));
  await pass(house);
  expect(await accountState()).toBe("needs_relogin");
  house.box.answers.events = async (_stream, at) => ({ entries: [], nextPosition: at });
  await pass(house);
  expect(await accountState()).toBe("linked");
});

test("an account that reads no stream is linked again the day that Box accepts its login", async () => {
  await at.db.execute(sql`update accounts set state = 'needs_relogin'`);
  await at.db.execute(sql`update sources set state = 'deleted'`);
  await at.db.execute(sql`delete from positions`);
  const house = stream({});
  house.box.answers.whoAmI = () => Promise.reject(new Failure("unauthorized", "Box says 401"));
  await house.reconcile({}, NEVER);
  expect((await queuedJobs(at.db)).map(({ task }) => task)).toEqual(["reconcile"]);
  expect(await pass(house)).toMatchObject({ outcome: "set_back" });
  expect(await accountState()).toBe("needs_relogin");
  house.box.answers.whoAmI = async () => ({ userId: "1", login: "a@b", name: "A" }) as never;
  expect(await pass(house)).toMatchObject({ outcome: "done" });
  expect(await accountState()).toBe("linked");
  expect(await position()).toBeUndefined();
});

test("a pass that is stopped before Box answered links no account and claims no reading", async () => {
  await at.db.execute(sql`update accounts set state = 'needs_relogin'`);
  await at.db.execute(sql`update positions set read_at = '2026-01-01Z', attempts = 2`);
  const stopping = AbortSignal.abort();
  expect(await pass(stream({}), stopping)).toMatchObject({ outcome: "set_back" });
  expect(await accountState()).toBe("needs_relogin");
  expect(await position()).toMatchObject({ attempts: 2, by: null });
  expect(await rows(at.db, sql`select read_at = '2026-01-01Z' as kept from positions`)).toEqual([
    { kept: true },
  ]);
});

test("an account that is gone costs nothing", async () => {
  await at.db.execute(sql`update accounts set state = 'deleted'`);
  const house = stream({});
  expect(await pass(house)).toEqual({ outcome: "idle" });
  expect(house.box.calls).toEqual([]);
});
