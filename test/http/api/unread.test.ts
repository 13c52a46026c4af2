import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { accounts, checks, files, folders, sources, walks } from "../../../src/db/schema.ts";
import { aSource, aWalk, anAccount, anObject } from "./rows.ts";
import { openWeb, type Web } from "./web.ts";

let web: Web;
let source: Awaited<ReturnType<typeof aSource>>;
beforeAll(async () => {
  web = await openWeb();
});
afterAll(() => web.close());

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000);

/** A source of folder 100, with folder 110 in it and 200 beside it, that was proved ten minutes ago: one file of 10 bytes. */
beforeEach(async () => {
  const { id: accountId } = await anAccount(web.db);
  source = await aSource(web.db, accountId);
  const place = (folderId: string, parentId: string | null) => ({
    accountId,
    folderId,
    name: folderId,
    parentId,
    asOf: ago(30),
  });
  await web.db
    .insert(folders)
    .values([place("0", null), place("100", "0"), place("110", "100"), place("200", "0")]);
  const counted = { matched: 1, matchedBytes: 10, listedFiles: 1, listedBytes: 10 };
  await walk({ kind: "sweep", state: "done", createdAt: ago(15), finishedAt: ago(10), ...counted });
  await aFile("kept", "110");
  await anObject(web.db, source.id, {
    fileId: "kept",
    state: "stored",
    seenAt: ago(12),
    name: source.id,
  });
});

const walk = (values: Parameters<typeof aWalk>[2]) => aWalk(web.db, source, values);

/** A walk that a signal asked for. */
const signalled = (folderId: string, values: Parameters<typeof aWalk>[2] = {}) =>
  walk({ kind: "signal", sourceId: null, folderId, ...values });

const aFile = (fileId: string, parentId: string, asOf = ago(12)) =>
  web.db
    .insert(files)
    .values({ accountId: source.accountId, fileId, name: fileId, parentId, asOf });

const aCheck = (fileId: string, values: Partial<typeof checks.$inferInsert> = {}) =>
  web.db.insert(checks).values({
    accountId: source.accountId,
    fileId,
    reason: "EDIT",
    door: "events",
    dueAt: new Date(),
    ...values,
  });

const report = async () => {
  const { complete, unread, lake, doubt } = (
    await web.get(`/api/sources/${source.id}/completeness`)
  ).body as { complete: boolean; unread: object; lake: object; doubt: { reason: string } | null };
  return { complete, unread, lake, doubt };
};

const READ = { complete: true, unread: { files: 0, folders: 0 }, doubt: null };
const unread = (files: number, folders: number) => ({
  complete: false,
  unread: { files, folders },
});

test("while a file that Box told of is not read, more may be lacking", async () => {
  expect(await report()).toMatchObject(READ);
  await aCheck("kept");
  await aCheck("new", { parentId: "110" });
  await aFile("seen", "100");
  await aCheck("seen");
  expect(await report()).toMatchObject(unread(3, 0));
  const csv = (await web.get(`/api/sources/${source.id}/completeness?format=csv`)).text;
  expect(csv).toMatch(/^unread,files,3,/m);
});

test("what lies elsewhere, or nobody knows where, or is looked at to be sure, says nothing of a source", async () => {
  await aCheck("beside", { parentId: "200" });
  await aCheck("somewhere", { parentId: "999" });
  await aCheck("nowhere");
  await aCheck("kept", { precaution: true });
  expect(await report()).toMatchObject(READ);
});

test("a file that could not be read stays unread, until a listing does not meet it any more", async () => {
  const failed = { state: "given_up", failure: "forbidden", failedAt: ago(5) } as const;
  await aCheck("kept", { ...failed, precaution: true });
  await aFile("gone", "110", ago(60));
  await aCheck("gone", failed);
  expect(await report()).toMatchObject(unread(1, 0));
});

test("while a folder that Box told of is not listed, more may be lacking; its later rounds are precautions", async () => {
  await signalled("110");
  await signalled("0", { state: "given_up", failedAt: ago(5) });
  expect(await report()).toMatchObject(unread(0, 2));
  await web.db
    .update(walks)
    .set({ state: "due", finishedAt: ago(1), asked: 1, answering: 1 })
    .where(eq(walks.kind, "signal"));
  await signalled("200");
  await signalled("999");
  expect(await report()).toMatchObject(READ);
  await web.db.update(walks).set({ asked: 2 }).where(eq(walks.folderId, "110"));
  expect(await report()).toMatchObject(unread(0, 1));
});

test("a source that was just edited is not complete before it was listed by what it asks for now", async () => {
  // One was withdrawn by an edit long ago, the other by the last one.
  for (const dueAt of [ago(20), ago(0)]) {
    const name = `${source.id}-${dueAt.getTime()}`;
    await anObject(web.db, source.id, { state: "withdrawn", seenAt: ago(12), dueAt, name });
  }
  await web.db.update(walks).set({ matched: 2, matchedBytes: 20 });
  const backfill = await walk({ kind: "backfill", state: "due" });
  // The proof counted by the old rules what was withdrawn since, and never stored.
  expect(await report()).toMatchObject({ ...unread(0, 1), lake: { files: 1, bytes: 10 } });
  const done = { state: "done", finishedAt: new Date(), matched: 1, matchedBytes: 10 } as const;
  await web.db.update(walks).set(done).where(eq(walks.id, backfill.id));
  expect(await report()).toMatchObject({ ...READ, lake: { files: 1, bytes: 10 } });
});

test("a source that keeps history is not complete by a sweep while its backfill failed, nor before the past is read", async () => {
  const failed = await walk({ kind: "backfill", state: "given_up", failedAt: ago(20) });
  expect(await report()).toMatchObject(READ);
  await web.db.update(sources).set({ history: "all" }).where(eq(sources.id, source.id));
  expect(await report()).toMatchObject(unread(0, 1));
  await web.db
    .update(walks)
    .set({ state: "done", finishedAt: ago(1) })
    .where(eq(walks.id, failed.id));
  await aCheck("kept", { reason: "its source keeps past versions", door: "listing", priority: 10 });
  expect(await report()).toMatchObject(unread(1, 0));
});

test("while nothing may be asked of Box for its account, nobody knows what a source lacks", async () => {
  for (const [state, reason] of [
    ["needs_relogin", "Box refuses the token"],
    ["paused", "The account is paused"],
  ] as const) {
    await web.db.update(accounts).set({ state, reason: "Box refuses the token" });
    expect(await report()).toMatchObject({ complete: false, doubt: { reason } });
  }
  await web.db.update(accounts).set({ state: "linked", reason: null });
  await web.db.update(sources).set({ state: "paused" }).where(eq(sources.id, source.id));
  expect(await report()).toMatchObject(READ);
  await walk({ kind: "gap", state: "due" });
  expect(await report()).toMatchObject(unread(0, 1));
});
