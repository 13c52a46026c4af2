import { eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { losses, sources, walkFolders, walks, webhooks } from "../../../src/db/schema.ts";
import { cloneDatabase } from "../../support/database.ts";
import { anAccount, anObject, aSource, aWalk } from "../api/rows.ts";
import { openDesk } from "./desk.ts";

let database: Awaited<ReturnType<typeof cloneDatabase>>;
let desk: ReturnType<typeof openDesk>;
let source: Awaited<ReturnType<typeof aSource>>;
let path: string;
beforeEach(async () => {
  database = await cloneDatabase();
  desk = openDesk(database.db);
  await desk.signIn();
  source = await aSource(database.db, (await anAccount(database.db)).id);
  path = `/sources/${source.id}`;
});
afterEach(() => database.close());

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000);
const DONE = { state: "done", started: true } as const;

/** What stands on a page, without its marks. */
const textOf = (page: string) => page.replaceAll(/<[^>]+>/g, "");

test("Nothing is called complete before the folder was listed to its end", async () => {
  const page = await desk.html(path);
  expect(page).toContain(">not proved<");
  expect(page).toContain("the folder was not listed to its end yet");
  expect(page).not.toContain("completeness.csv");
});

test("It says what Box holds, what the lake holds of it, when that was proved and what is lacking", async () => {
  const { db } = database;
  await aWalk(db, source, {
    ...DONE,
    kind: "sweep",
    listedFiles: 5,
    matched: 3,
    matchedBytes: 30,
    createdAt: ago(61),
    finishedAt: ago(60),
  });
  await anObject(db, source.id, { state: "stored", name: "raw/1", seenAt: ago(90) });
  expect(textOf(await desk.html(path))).toContain("complete");
  await anObject(db, source.id, { state: "pending", name: "raw/2", path: "on its way" });
  await anObject(db, source.id, {
    state: "given_up",
    name: "raw/3",
    path: "<b>bad</b>.csv",
    seenAt: ago(90),
    failureReason: "Box says no",
    hint: "Ask <i>them</i>",
    failedAt: ago(5),
  });
  const page = await desk.html(path);
  expect(page).toContain(">incomplete<");
  expect(textOf(page)).toContain("Box held3 files, 30 B");
  expect(textOf(page)).toContain("The lake holds of these2 files, 20 B");
  expect(textOf(page)).toContain("60 min ago by a sweep of 5 files");
  expect(textOf(page)).toContain("the lake lacks 1 pending, 1 given up");
  const [, table = ""] = page.split(`class="rows differences"`);
  const [shown = ""] = table.split("</table>");
  for (const words of ["&lt;b&gt;bad", "Box says no.", "Ask &lt;i&gt;them"])
    expect(shown).toContain(words);
  // It comes and goes: a list of it would never stand still.
  expect(shown).not.toContain("on its way");
});

test("A listing that failed since the last proof casts doubt on it", async () => {
  const { db } = database;
  await aWalk(db, source, { ...DONE, finishedAt: ago(60) });
  await aWalk(db, source, {
    kind: "sweep",
    state: "given_up",
    failureReason: "Box shows no such folder",
    hint: "Invite the account.",
    failedAt: ago(3),
  });
  const page = await desk.html(path);
  expect(page).toContain(">incomplete<");
  for (const words of [
    "What the folder holds now is not known: began",
    "Box shows no such folder.",
    "Invite",
  ])
    expect(page).toContain(words);
});

test("What is to be read at Box first is told, and a version that was lost before it was read", async () => {
  const { db } = database;
  await aWalk(db, source, { ...DONE, createdAt: ago(61), finishedAt: ago(60) });
  const [toldAt, lostAt] = [ago(30), ago(20)];
  const loss = { sourceId: source.id, fileId: "1", versionId: "2", path: "gone.csv" };
  await db.insert(losses).values({ ...loss, toldAt, lostAt });
  const calm = textOf(await desk.html(path));
  expect(calm).toContain("the lake lacks 1 lost at Box");
  expect(calm).toContain("gone.csv");
  expect(calm).not.toContain("Still to be read");
  await aWalk(db, source, { kind: "backfill", state: "due" });
  expect(textOf(await desk.html(path))).toContain("Still to be read at Box: 1 folder.");
});

test("The report can be taken along, in full, by who is signed in", async () => {
  const { db } = database;
  await aWalk(db, source, { ...DONE, matched: 2, createdAt: ago(61), finishedAt: ago(60) });
  for (const name of ["=1+1", `"quoted"`])
    await anObject(db, source.id, { state: "waiting", name, path: name, seenAt: ago(90) });
  const csv = await desk.get(`${path}/completeness.csv`);
  expect(csv.headers.get("content-type")).toBe("text/csv; charset=utf-8");
  expect(csv.headers.get("content-disposition")).toBe(
    `attachment; filename="completeness-${source.id}.csv"`,
  );
  expect(
    (await csv.text()).split("\n").filter((line) => line.startsWith("difference")),
  ).toHaveLength(2);
  const json = await desk.get(`${path}/completeness.json`);
  const report = (await json.json()) as {
    complete: boolean;
    box: object;
    items: { path: string }[];
  };
  expect(report.complete).toBe(false);
  expect(report.box).toMatchObject({ files: 2 });
  expect(report.items.map((item) => item.path)).toEqual(["=1+1", `"quoted"`]);
  expect((await openDesk(db).get(`${path}/completeness.csv`)).status).toBe(303);
  expect((await desk.get(`/sources/${crypto.randomUUID()}/completeness.csv`)).status).toBe(404);
  expect((await desk.get("/sources/x/completeness.json")).status).toBe(404);
});

test("Its last sweeps are told with what they found, and another is begun by a button, once", async () => {
  const { db } = database;
  await aWalk(db, source, { ...DONE, finishedAt: ago(300) });
  const done = await aWalk(db, source, {
    ...DONE,
    kind: "sweep",
    reason: "scheduled",
    listedFiles: 1_200,
    matched: 900,
    missing: 2,
    createdAt: ago(64),
    finishedAt: ago(60),
  });
  await anObject(db, source.id, { state: "stored", name: "raw/1", sweptBy: done.id });
  const page = await desk.html(path);
  const row = page.slice(page.indexOf(`id="sweep-${done.id}"`));
  expect(textOf(row)).toMatch(/^[^]*?64 min ago scheduleddone1,20090021\d min/);
  expect(page).toContain(`hx-trigger="every 15s"`);
  const began = await desk.post(`${path}/sweeps`, []);
  expect([began.status, began.headers.get("location")]).toEqual([303, `${path}?told=swept`]);
  const after = await desk.html(`${path}?told=swept`);
  expect(after).toContain("A sweep was begun");
  expect(after).toContain(`<button type="submit" disabled="">Sweep now</button>`);
  // It is watched as it goes.
  expect(after).toContain(`hx-trigger="every 2s"`);
  const again = await desk.post(`${path}/sweeps`, []);
  expect(again.headers.get("location")).toBe(`${path}?told=sweeping`);
  expect(await db.select().from(walks).where(eq(walks.kind, "sweep"))).toHaveLength(2);
});

test("A backfill tells how far it is, and starts over by a button when it is not under way", async () => {
  const { db } = database;
  const walk = await aWalk(db, source, {
    ...DONE,
    listedFiles: 1_204,
    listedFolders: 7,
    matched: 1,
    matchedBytes: 5_000,
    skipped: { size: 1_200, subfolders: 3 },
    createdAt: ago(30),
    finishedAt: ago(20),
  });
  const page = textOf(await desk.html(path));
  expect(page).toContain(
    "1,204 listed in 7 folders, 1 matched (5.0 kB), 1,203 skipped: 1,200 for their size, 3 in sub-folders",
  );
  expect(page).toContain("begun 30 min ago, listed in 10 min");
  expect(page).not.toContain("In all");
  const begun = await desk.post(`${path}/backfills`, []);
  expect(begun.headers.get("location")).toBe(`${path}?told=backfilled`);
  const again = await desk.post(`${path}/backfills`, []);
  expect(again.headers.get("location")).toBe(`${path}?told=backfilling`);
  const backfills = await db.select().from(walks).where(eq(walks.sourceId, source.id));
  expect(backfills.map(({ id, state }) => ({ id, state }))).toEqual([
    { id: walk.id, state: "done" },
    { id: expect.any(Number), state: "due" },
  ]);
  const underWay = await desk.html(path);
  expect(underWay).toContain(`<button type="submit" disabled="">Start over</button>`);
  expect(textOf(underWay)).toContain("queued begins as soon as a worker is free");
  expect(textOf(underWay)).toContain("In all 1,204 listed 20 min ago, 1 matched (5.0 kB)");
});

test("What a sweep counted since its backfill is told beside it", async () => {
  const { db } = database;
  await aWalk(db, source, { ...DONE, kind: "backfill", listedFiles: 7, finishedAt: ago(60) });
  await aWalk(db, source, {
    ...DONE,
    kind: "sweep",
    listedFiles: 9,
    matched: 8,
    finishedAt: ago(5),
  });
  const page = textOf(await desk.html(path));
  expect(page).toContain("7 listed in 0 folders");
  expect(page).toContain("In all 9 listed 5 min ago, 8 matched");
});

test("What a backfill has left is told with when it will be done, or why nobody knows", async () => {
  const { db } = database;
  const walk = await aWalk(db, source, { started: true, createdAt: ago(10) });
  expect(textOf(await desk.html(path))).toContain("No folder is listed to its end yet");
  await db
    .update(walks)
    .set({ listedFolders: 10, listedFiles: 100, matched: 100, missing: 100 })
    .where(eq(walks.id, walk.id));
  await db.insert(walkFolders).values({ walkId: walk.id, folderId: "77" });
  for (let number = 0; number < 4; number++)
    await anObject(db, source.id, { state: "stored", name: `raw/${number}`, storedAt: ago(5) });
  await anObject(db, source.id, { name: "raw/owed" });
  const page = textOf(await desk.html(path));
  expect(page).toContain("in 10 folders (1 to go)");
  expect(page).toMatch(/about 11 files left, done in \d+ min/);
});

test("A webhook that stands says when it last delivered", async () => {
  const { db } = database;
  await db.insert(webhooks).values({
    accountId: source.accountId,
    folderId: source.folderId,
    state: "registered",
  });
  expect(textOf(await desk.html(path))).toContain(
    "Box tells at once, and has not told anything yet",
  );
  await db.update(webhooks).set({ heardAt: ago(4) });
  expect(textOf(await desk.html(path))).toContain("Box tells at once, last 4 min ago");
});

test("A source is paused and resumed by a button", async () => {
  const { db } = database;
  const stateNow = async () => {
    const [row] = await db.select().from(sources).where(eq(sources.id, source.id));
    return row?.state;
  };
  expect(await desk.html(path)).toContain(`action="${path}/pause"`);
  await desk.post(`${path}/pause`, []);
  expect(await stateNow()).toBe("paused");
  expect(await desk.html(path)).toContain(`action="${path}/resume"`);
  const resumed = await desk.post(`${path}/resume`, []);
  expect(await desk.html(resumed.headers.get("location") ?? "")).toContain("Resumed");
  expect(await stateNow()).toBe("active");
});

test("No button works for a source that is not there, or from another site's page", async () => {
  for (const act of ["sweeps", "backfills", "pause", "resume"]) {
    for (const id of [crypto.randomUUID(), "nobody"])
      expect((await desk.post(`/sources/${id}/${act}`, [])).status).toBe(404);
    const forged = await desk.post(`${path}/${act}`, [], { origin: "https://elsewhere.example" });
    expect(forged.status).toBe(403);
  }
  expect(await database.db.select().from(walks)).toEqual([]);
});
