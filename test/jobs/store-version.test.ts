import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { Failure } from "../../src/core/failure.ts";
import { rows } from "../../src/db/open.ts";
import { createStoreVersion } from "../../src/jobs/store-version.ts";
import { lakeFailure } from "../../src/lake/errors.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { inboxForEach } from "../support/for-each.ts";
import { queuedJobs, sha1, versionSeen } from "../support/seed.ts";
import { bytesOf, factOf, fileOf, NEVER, scriptBox, workbench } from "./workbench.ts";

const at = inboxForEach();

const TEXT = "a,b\n1,2\n";
const FACT = factOf("100", TEXT);

/** One object owed, its job taken off the queue, and a Box that holds its bytes. */
async function owe(fact = FACT) {
  await recordChanges(at.db, {
    accountId: at.account,
    door: "webhook",
    prefix: "",
    news: [versionSeen({ fact })],
  });
  await at.db.execute(sql`delete from graphile_worker._private_jobs`);
  const box = scriptBox({ download: () => Promise.resolve(bytesOf(TEXT)) });
  const bench = workbench(at.db, box);
  return { ...bench, box, store: createStoreVersion(bench.deps) };
}

const objectRow = async () => {
  const [row] = await rows<Record<string, unknown>>(
    at.db,
    sql`select state, attempts, failure, failure_reason as reason, hint, generation,
      leased_by as by, due_at > now() as later from objects`,
  );
  return row;
};

const accountState = async () => {
  const [row] = await rows<{ state: string }>(at.db, sql`select state from accounts`);
  return row?.state;
};

test("stores a version once: proved, under its name, with its row saying so", async () => {
  const { store, lake, box } = await owe();
  expect(await store({ objectId: 1 }, NEVER)).toMatchObject({ outcome: "done", note: "Stored" });
  expect(box.calls).toEqual(["download 1 100"]);
  const [object] = lake.objects.values();
  expect(object?.name).toMatch(/\/plate\.csv\/1-100\.csv$/);
  expect(object?.metadata).toMatchObject({ "box-file-id": "1", "box-version-id": "100" });
  expect(await objectRow()).toMatchObject({ state: "stored", generation: "1", by: null });
  expect(await store({ objectId: 1 }, NEVER)).toEqual({ outcome: "idle" });
  expect(box.calls).toHaveLength(1);
});

test("two jobs for one object, at once, store it once", async () => {
  const { store, box } = await owe();
  const both = await Promise.all([store({ objectId: 1 }, NEVER), store({ objectId: 1 }, NEVER)]);
  expect(both.map(({ outcome }) => outcome).sort()).toEqual(["done", "idle"]);
  expect(box.calls).toHaveLength(1);
});

test("what lies there already is adopted", async () => {
  const { store, lake } = await owe();
  await store({ objectId: 1 }, NEVER);
  await at.db.execute(sql`update objects set state = 'pending', generation = null`);
  expect(await store({ objectId: 1 }, NEVER)).toMatchObject({ note: "Found stored already" });
  expect(lake.objects.size).toBe(1);
});

test("what an attempt created and nobody heard of is adopted, though Box holds it no more", async () => {
  const { store, lake, box } = await owe();
  await store({ objectId: 1 }, NEVER);
  await at.db.execute(sql`update objects set state = 'pending', generation = null`);
  box.answers.download = () => Promise.reject(new Failure("not_found", "Box answered 404"));
  expect(await store({ objectId: 1 }, NEVER)).toMatchObject({ note: "Found stored already" });
  expect(await objectRow()).toMatchObject({ state: "stored", generation: "1" });
  expect([box.calls.length, lake.objects.size]).toEqual([1, 1]);
});

test.each([
  ["is another", { "box-sha1": sha1("b") }, FACT.sizeBytes],
  ["does not say whose bytes it has", { "box-sha1": undefined }, FACT.sizeBytes],
  ["is shorter than it says", {}, FACT.sizeBytes - 1],
])("what lies there and %s is not adopted unread", async (_what, changed, sizeBytes) => {
  const { store, lake, box } = await owe();
  await store({ objectId: 1 }, NEVER);
  await at.db.execute(sql`update objects set state = 'pending', generation = null`);
  const [[key, object] = []] = lake.objects;
  const metadata = { ...object!.metadata, ...changed } as Record<string, string>;
  lake.objects.set(key!, { ...object!, metadata, sizeBytes });
  await store({ objectId: 1 }, NEVER);
  expect(box.calls).toHaveLength(2);
});

test("a stored object that is replayed costs a look, and is made again only when it is gone", async () => {
  const { store, lake, box } = await owe();
  await store({ objectId: 1 }, NEVER);
  await at.db.execute(sql`update objects set state = 'pending'`);
  await store({ objectId: 1 }, NEVER);
  expect(box.calls).toHaveLength(1);
  lake.objects.clear();
  await at.db.execute(sql`update objects set state = 'pending'`);
  expect(await store({ objectId: 1 }, NEVER)).toMatchObject({ note: "Stored" });
  expect(lake.objects.size).toBe(1);
});

test("what was put in the place of a stored object is not believed unread when that is replayed", async () => {
  const { store, lake, box } = await owe();
  await store({ objectId: 1 }, NEVER);
  const [[key, object] = []] = lake.objects;
  lake.objects.set(key!, { ...object!, generation: "9" });
  await at.db.execute(sql`update objects set state = 'pending'`);
  await store({ objectId: 1 }, NEVER);
  expect(box.calls).toHaveLength(2);
});

test("a passing trouble makes it wait, with a job for the moment when it is due", async () => {
  const { store, lake } = await owe();
  lake.state.failure = lakeFailure("transient", "was away");
  expect(await store({ objectId: 1 }, NEVER)).toMatchObject({ outcome: "set_back" });
  expect(await objectRow()).toMatchObject({
    state: "waiting",
    attempts: 1,
    failure: "transient",
    by: null,
    later: true,
  });
  const [{ due } = { due: "" }] = await rows<{ due: string }>(
    at.db,
    sql`select due_at::text as due from objects`,
  );
  expect(await queuedJobs(at.db)).toMatchObject([
    { task: "store_version", payload: { objectId: 1 }, runAt: due },
  ]);
  expect(await store({ objectId: 1 }, NEVER)).toEqual({ outcome: "idle" });
});

test("a throttled attempt is no attempt, and waits as it was told", async () => {
  const { store, box } = await owe();
  box.answers.download = () =>
    Promise.reject(new Failure("throttled", "Box says 429", { retryAfterMs: 30_000 }));
  await store({ objectId: 1 }, NEVER);
  expect(await objectRow()).toMatchObject({ state: "waiting", attempts: 0, failure: "throttled" });
  const [wait] = await rows<{ seconds: number }>(
    at.db,
    sql`select extract(epoch from due_at - now())::float8 as seconds from objects`,
  );
  expect(wait?.seconds).toBeGreaterThan(25);
});

test("what Box forbids is given up at once, with the reason and what to do", async () => {
  const { store, box } = await owe();
  box.answers.download = () =>
    Promise.reject(new Failure("forbidden", "Box answered 403", { hint: "Invite the account." }));
  expect(await store({ objectId: 1 }, NEVER)).toMatchObject({ outcome: "given_up" });
  expect(await objectRow()).toMatchObject({
    state: "given_up",
    attempts: 1,
    reason: "Box answered 403",
    hint: "Invite the account.",
    by: null,
  });
  expect(await queuedJobs(at.db)).toEqual([]);
});

test("an attempt more than a kind of failure is worth gives up", async () => {
  const { store, lake } = await owe();
  await at.db.execute(sql`update objects set attempts = 11`);
  lake.state.failure = new Failure("transient", "was away");
  expect(await store({ objectId: 1 }, NEVER)).toMatchObject({ outcome: "given_up" });
  expect(await objectRow()).toMatchObject({ state: "given_up", attempts: 12 });
});

test("credentials that Box refuses make the account wait for a person, and the debt with it", async () => {
  const { store, box } = await owe();
  box.answers.download = () => Promise.reject(new Failure("unauthorized", "Box answered 401"));
  await store({ objectId: 1 }, NEVER);
  expect(await accountState()).toBe("needs_relogin");
  expect(await objectRow()).toMatchObject({ state: "waiting", attempts: 0 });
  await at.db.execute(sql`update objects set due_at = now()`);
  expect(await store({ objectId: 1 }, NEVER)).toEqual({ outcome: "idle" });
});

test("credentials that Google refuses are not the account's", async () => {
  const { store, lake } = await owe();
  lake.state.failure = lakeFailure("unauthorized", "refused our key");
  await store({ objectId: 1 }, NEVER);
  expect(await accountState()).toBe("linked");
  expect(await objectRow()).toMatchObject({ state: "waiting", attempts: 0 });
});

test("bytes that disprove the fact: Box is read again, the fact corrected, and the next try succeeds", async () => {
  const { store, box } = await owe({ ...FACT, sha1: sha1("f") });
  box.answers.file = () => Promise.resolve(fileOf("1", FACT));
  await store({ objectId: 1 }, NEVER);
  expect(await objectRow()).toMatchObject({ state: "waiting", failure: "transient" });
  expect(
    await rows(
      at.db,
      sql`select sha1, jsonb_array_length(corrections) as kept, corrections->0->>'sha1' as old
        from versions`,
    ),
  ).toEqual([{ sha1: FACT.sha1, kept: 1, old: sha1("f") }]);
  await at.db.execute(sql`update objects set due_at = now()`);
  expect(await store({ objectId: 1 }, NEVER)).toMatchObject({ note: "Stored" });
});

test("bytes that disprove a fact on which Box insists stay a mismatch", async () => {
  const wrong = { ...FACT, sha1: sha1("f") };
  const { store, box } = await owe(wrong);
  box.answers.file = () => Promise.resolve(fileOf("1", wrong));
  await store({ objectId: 1 }, NEVER);
  expect(await objectRow()).toMatchObject({ state: "waiting", failure: "mismatch", attempts: 1 });
});

test("a mismatch whose second reading fails is judged by that failure", async () => {
  const { store, box } = await owe({ ...FACT, sha1: sha1("f") });
  box.answers.file = () => Promise.reject(new Failure("throttled", "Box says 429"));
  await store({ objectId: 1 }, NEVER);
  expect(await objectRow()).toMatchObject({ state: "waiting", failure: "throttled", attempts: 0 });
});

test("an attempt that our own shutdown ends is set back at once and counts for nothing", async () => {
  const { store, box } = await owe();
  const stopping = new AbortController();
  box.answers.download = () => {
    stopping.abort();
    return Promise.reject(new Error("aborted"));
  };
  await store({ objectId: 1 }, stopping.signal);
  expect(await objectRow()).toMatchObject({
    state: "waiting",
    failure: "stopped",
    attempts: 0,
    by: null,
    later: false,
  });
  expect(await queuedJobs(at.db)).toHaveLength(1);
});

test("a lease that is lost while the bytes travel writes nothing", async () => {
  const { store, box, lake } = await owe();
  box.answers.download = async () => {
    await at.db.execute(sql`update objects set leased_by = gen_random_uuid(), lease = lease + 1`);
    return bytesOf(TEXT);
  };
  expect(await store({ objectId: 1 }, NEVER)).toEqual({ outcome: "idle" });
  expect(lake.objects.size).toBe(1);
  expect(await objectRow()).toMatchObject({ state: "pending", generation: null });
  expect(await queuedJobs(at.db)).toEqual([]);
});

test("a source that is deleted while the bytes travel leaves the debt withdrawn", async () => {
  const { store, box } = await owe();
  box.answers.download = async () => {
    await at.db.execute(sql`update objects set state = 'withdrawn', leased_by = null`);
    return Promise.reject(new Failure("transient", "Box was away"));
  };
  await store({ objectId: 1 }, NEVER);
  expect(await objectRow()).toMatchObject({ state: "withdrawn" });
  expect(await queuedJobs(at.db)).toEqual([]);
});

test("a bug of ours is tried again, and neither row nor log keeps a statement's parameters", async () => {
  const { store, box, lines } = await owe();
  box.answers.download = () =>
    Promise.reject(
      Object.assign(new Error("Failed query: insert\nparams: canary-7"), { query: "insert" }),
    );
  await store({ objectId: 1 }, NEVER);
  const row = await objectRow();
  expect(row).toMatchObject({ state: "waiting", failure: "transient" });
  expect(JSON.stringify([row, lines])).not.toContain("canary-7");
});
