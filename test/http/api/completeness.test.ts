import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { files, losses } from "../../../src/db/schema.ts";
import { aSource, aWalk, anAccount, anObject } from "./rows.ts";
import { ADMIN_TOKEN, items, openWeb, pages, type Web } from "./web.ts";

let web: Web;
let source: Awaited<ReturnType<typeof aSource>>;
beforeAll(async () => {
  web = await openWeb();
});
beforeEach(async () => {
  const { id: accountId } = await anAccount(web.db);
  source = await aSource(web.db, accountId);
});
afterAll(() => web.close());

const [BEGUN, ENDED] = [new Date("2026-05-02T00:00:00Z"), new Date("2026-05-02T01:00:00Z")];
const EARLY = new Date("2026-05-01T00:00:00Z");
const LATE = new Date("2026-05-03T00:00:00Z");
let nextId = 1;

/** A listing that came to its end, and counted so many files of 10 bytes. */
const listed = (matched: number, rest = {}) =>
  aWalk(web.db, source, {
    kind: "sweep",
    state: "done",
    createdAt: BEGUN,
    finishedAt: ENDED,
    listedFiles: matched + 2,
    listedBytes: (matched + 2) * 10,
    matched,
    matchedBytes: matched * 10,
    skipped: { exclude: 2 },
    ...rest,
  });

/** A file as it was last seen, with the object of its current version. */
async function aFile(values: Parameters<typeof anObject>[2] = {}, asOf = ENDED) {
  const [fileId, versionId] = [`f${nextId++}`, `v${nextId++}`];
  const { accountId } = source;
  await web.db
    .insert(files)
    .values({ accountId, fileId, versionId, name: "a", parentId: "1", asOf });
  await anObject(web.db, source.id, { fileId, versionId, seenAt: EARLY, ...values });
  return { fileId, versionId };
}

const path = () => `/api/sources/${source.id}/completeness`;
const report = async () => (await web.get(path())).body;

test("a source of which all is stored is complete, proved when its last listing ended", async () => {
  await listed(9, { kind: "backfill", finishedAt: EARLY });
  const walk = await listed(2);
  await aFile({ state: "stored" });
  await aFile({ state: "stored" });
  expect(await report()).toMatchObject({
    complete: true,
    proved: { walkId: String(walk.id), kind: "sweep", at: ENDED.toISOString() },
    box: { files: 2, bytes: 20, listed: 4, listedBytes: 40, skipped: { exclude: 2 } },
    lake: { files: 2, bytes: 20 },
    items: [],
    nextCursor: null,
  });
});

test("a source whose folder could not be listed since is not complete, and says why, until it is listed again", async () => {
  await listed(1, { finishedAt: EARLY });
  await aFile({ state: "stored" });
  expect(await report()).toMatchObject({ complete: true, doubt: null });
  const failed = {
    failure: "not_found",
    failureReason: "Box does not show it",
    hint: "Restore it",
  };
  await listed(0, {
    kind: "backfill",
    state: "given_up",
    finishedAt: null,
    failedAt: BEGUN,
    ...failed,
  });
  const doubt = { reason: "Box does not show it", hint: "Restore it", at: BEGUN.toISOString() };
  expect(await report()).toMatchObject({ complete: false, doubt, proved: { kind: "sweep" } });
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  const csv = (await web.send(`${path()}?format=csv`, { headers })).text;
  expect(csv).toMatch(/^doubt,Box does not show it,.*Restore it/m);
  await listed(1);
  expect(await report()).toMatchObject({ complete: true, doubt: null });
});

test("a source whose Box user has no call left this month is not complete, since the last was made", async () => {
  await listed(1);
  await aFile({ state: "stored" });
  await web.db.execute(sql`
    insert into budgets (box_user_id, calls_per_month, used_in_month, month, minute)
    select box_user_id, 10, 10, date_trunc('month', now() at time zone 'UTC'), ${BEGUN.toISOString()}
    from accounts where id = ${source.accountId}`);
  const hint = expect.stringContaining("callsPerMonth");
  const doubt = { reason: expect.stringContaining("used up"), hint, at: BEGUN.toISOString() };
  expect(await report()).toMatchObject({ complete: false, doubt });
  await web.db.execute(sql`update budgets set calls_per_month = 11 where used_in_month = 10`);
  expect(await report()).toMatchObject({ complete: true, doubt: null });
});

test("before the first listing has ended nothing is proved, and what is owed is named", async () => {
  await aWalk(web.db, source, { state: "due" });
  await aFile({ state: "pending" });
  expect(await report()).toMatchObject({
    complete: false,
    proved: null,
    box: null,
    lake: null,
    counts: { pending: 1 },
  });
});

test("each difference is named with its reason, and what the lake holds is less by the files", async () => {
  await listed(5);
  await aFile({ state: "stored" });
  const pending = await aFile({ state: "pending", path: "a.csv" });
  const waiting = await aFile({ state: "waiting", failureReason: "Box was away" });
  const failed = { failureReason: "Box answered 403", hint: "Invite the account." };
  const givenUp = await aFile({ state: "given_up", ...failed });
  const lost = await aFile({ state: "given_up", failureReason: "No longer held" });
  await web.db.execute(sql`update versions set lost_at = now() where file_id = ${lost.fileId}`);
  const found = await report();
  expect(found).toMatchObject({
    complete: false,
    box: { files: 5, bytes: 50 },
    lake: { files: 1, bytes: 10 },
    counts: { pending: 1, waiting: 1, given_up: 1, lost: 1, withdrawn: 0 },
  });
  const named = items(await web.get(path()));
  expect(new Map(named.map((item) => [item["fileId"], item]))).toEqual(
    new Map(
      [
        { ...pending, reason: "pending", path: "a.csv", failure: null },
        { ...waiting, reason: "waiting", failure: "Box was away" },
        {
          ...givenUp,
          reason: "given_up",
          failure: "Box answered 403",
          hint: "Invite the account.",
        },
        { ...lost, reason: "lost", failure: "No longer held", lostAt: expect.any(String) },
      ].map((one) => [one.fileId, expect.objectContaining({ ...one, current: true, bytes: 10 })]),
    ),
  );
});

test("what is lost at Box or wanted no more keeps no source from being complete", async () => {
  await listed(1);
  const lost = await aFile({ state: "given_up" });
  await web.db.execute(sql`update versions set lost_at = now() where file_id = ${lost.fileId}`);
  await aFile({ state: "withdrawn" });
  expect(await report()).toMatchObject({
    complete: true,
    lake: { files: 0 },
    counts: { lost: 1, withdrawn: 1 },
  });
});

/** A version that was lost before it was read, of a file that was last seen at `asOf`. */
async function aLoss(values: Partial<typeof losses.$inferInsert> = {}, asOf = ENDED) {
  const [fileId, versionId] = [`f${nextId++}`, `v${nextId++}`];
  const { accountId } = source;
  await web.db.insert(files).values({ accountId, fileId, name: "a", parentId: "1", asOf });
  const loss = {
    sourceId: source.id,
    fileId,
    versionId,
    path: "a.csv",
    toldAt: EARLY,
    lostAt: LATE,
  };
  await web.db.insert(losses).values({ ...loss, ...values });
  return { fileId, versionId };
}

test("what was lost before it was read is named with Box's time, and takes nothing from what was proved", async () => {
  await listed(1);
  await aFile({ state: "stored" });
  const told = await aLoss();
  const measured = await aLoss({ sizeBytes: 7, wanted: false });
  await aLoss({}, EARLY);
  const seen = await aLoss();
  const { id: other } = await aSource(web.db, source.accountId);
  await anObject(web.db, other, seen);
  expect(await report()).toMatchObject({
    complete: true,
    lake: { files: 1 },
    counts: { lost: 1, withdrawn: 1 },
    items: [
      {
        ...told,
        reason: "lost",
        bytes: null,
        current: false,
        createdAt: EARLY.toISOString(),
        lostAt: LATE.toISOString(),
        failure: expect.stringContaining("Box told of this version"),
      },
      { ...measured, reason: "withdrawn", bytes: 7 },
    ],
  });
});

test("a file that the last listing did not meet is gone from Box's folder, and no difference", async () => {
  await listed(0);
  await aFile({ state: "given_up" }, EARLY);
  expect(await report()).toMatchObject({ complete: true, items: [], counts: { given_up: 0 } });
});

test("what came after the listing is a difference, and takes nothing from what that proved", async () => {
  await listed(1);
  await aFile({ state: "stored" });
  await aFile({ state: "pending", seenAt: LATE }, LATE);
  expect(await report()).toMatchObject({
    complete: false,
    lake: { files: 1 },
    counts: { pending: 1 },
  });
});

test("a version that was overwritten since the listing and never stored is not said to be held", async () => {
  await listed(1);
  const { fileId } = await aFile({ state: "stored", seenAt: LATE }, LATE);
  await anObject(web.db, source.id, { fileId, state: "pending", seenAt: EARLY });
  expect(await report()).toMatchObject({ lake: { files: 0, bytes: 0 }, counts: { pending: 1 } });
});

test("a past version that is owed is named, and takes nothing from the current ones", async () => {
  await listed(1);
  const { fileId } = await aFile({ state: "stored" });
  await anObject(web.db, source.id, { fileId, state: "pending", seenAt: EARLY });
  expect(await report()).toMatchObject({ lake: { files: 1 }, counts: { pending: 1 } });
  expect(items(await web.get(path()))).toMatchObject([{ fileId, current: false }]);
});

test("a past version takes nothing from what was proved where the current one was kept out", async () => {
  await listed(0);
  const { fileId } = await aFile({ state: "given_up" });
  await web.db.execute(sql`update files set version_id = 'too-large' where file_id = ${fileId}`);
  await web.db.execute(sql`
    insert into versions (file_id, version_id, sha1, size_bytes, name, door, seen_at)
    select file_id, 'too-large', sha1, 1000000, name, door, ${ENDED.toISOString()} from versions
    where file_id = ${fileId}`);
  await aFile({ state: "stored" });
  await web.db.execute(sql`update walks set matched = 1, matched_bytes = 10`);
  expect(await report()).toMatchObject({
    lake: { files: 1, bytes: 10 },
    items: [{ fileId, current: false }],
  });
});

test("differences are paged, each once", async () => {
  for (let n = 0; n < 3; n++) {
    await aFile({ state: "pending" });
    await aLoss();
  }
  const found = await pages<{ fileId: string }>(web, path(), 2);
  expect(found.map((page) => page.length)).toEqual([2, 2, 2]);
  expect(new Set(found.flat().map(({ fileId }) => fileId)).size).toBe(6);
});

test("as CSV it is whole, however many differences there are, and its cells are harmless", async () => {
  await listed(1001);
  await web.db.execute(sql`
    insert into versions (file_id, version_id, sha1, size_bytes, name, door)
    select ${`${source.id}-`} || n, 'v', repeat('a', 40), 10, 'a', 'listing' from generate_series(1, 1001) n`);
  await web.db.execute(sql`
    insert into objects (source_id, file_id, version_id, name, path, door, priority, seen_at)
    select ${source.id}::uuid, ${`${source.id}-`} || n, 'v', ${source.id} || n, '=cmd|"x",' || n,
      'listing', 0, ${EARLY.toISOString()}::timestamptz from generate_series(1, 1001) n`);
  const asked = await web.send(path(), {
    headers: {
      authorization: `Bearer ${ADMIN_TOKEN}`,
      accept: "text/csv",
    },
  });
  expect(asked.headers.get("content-type")).toContain("text/csv");
  const lines = asked.text.trimEnd().split("\r\n");
  expect(lines.slice(0, 4)).toEqual([
    "kind,reason,files,bytes,fileId,versionId,path,current,failure,hint,at,createdAt",
    `box,,1001,10010,,,,,,,${ENDED.toISOString()},`,
    `lake,,0,0,,,,,,,${ENDED.toISOString()},`,
    `skipped,exclude,2,,,,,,,,${ENDED.toISOString()},`,
  ]);
  expect(lines).toHaveLength(4 + 1001);
  expect(new Set(lines.slice(4)).size).toBe(1001);
  expect(lines[4]).toContain(`,"'=cmd|""x"",`);
  expect((await web.get(`${path()}?format=csv`)).text).toBe(asked.text);
  expect((await web.get(`${path()}?format=xml`)).status).toBe(400);
});
