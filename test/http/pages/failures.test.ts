import { expect, test } from "vitest";
import { checks, objects } from "../../../src/db/schema.ts";
import { anAccount, anObject, aSource, aWalk } from "../api/rows.ts";
import { deskForEach } from "./desk.ts";

const at = deskForEach();

const MINUTE = 60_000;

/** The failures that a page lists, in its order. */
const listed = (page: string) =>
  [...page.matchAll(/class="failure" id="([^"]+)"/g)].map((found) => found[1]);

async function lost(sourceId: string, number: number) {
  return anObject(at.db, sourceId, {
    state: "given_up",
    name: `raw/${number}`,
    path: `run ${number}.csv`,
    attempts: 4,
    failureReason: "The bytes differ",
    hint: "Download it by hand",
    failedAt: new Date(Date.now() - number * MINUTE),
  });
}

test("When nothing needs a look it says so", async () => {
  const page = await at.desk.html("/failures");
  expect(page).toContain("Nothing needs a look");
  expect(page).not.toContain(`action="/replays"`);
});

test("Every kind of failure shows its subject, reason and hint, newest first", async () => {
  const { db } = at;
  const account = await anAccount(db, { name: "Lab" });
  const source = await aSource(db, account.id, { name: "Plates" });
  const object = await lost(source.id, 2);
  const walk = await aWalk(db, source, {
    state: "given_up",
    failureReason: "Box hides the folder",
    failedAt: new Date(Date.now() - MINUTE),
  });
  const [check] = await db
    .insert(checks)
    .values({
      accountId: account.id,
      fileId: "4711",
      reason: "touched",
      door: "webhook",
      state: "given_up",
      dueAt: new Date(),
      failureReason: "Box answered nonsense",
      failedAt: new Date(),
    })
    .returning();
  const page = await at.desk.html("/failures");
  expect(listed(page)).toEqual([
    `sync_file-${check?.id}`,
    `walk_folder-${walk.id}`,
    `store_version-${object.id}`,
  ]);
  for (const words of [
    "file 4711",
    "Box answered nonsense.",
    "Box hides the folder.",
    "The bytes differ.",
    "Download it by hand",
    "4 attempts",
    `href="/versions/${object.id}"`,
    `href="/sources/${source.id}"`,
    "Replay all 3 shown",
  ])
    expect(page).toContain(words);
});

test("One failure is replayed by its button, and the others stay", async () => {
  const source = await aSource(at.db, (await anAccount(at.db)).id);
  const [one, other] = [await lost(source.id, 1), await lost(source.id, 2)];
  const response = await at.desk.post("/replays", [
    ["failureId", `store_version:${one.id}`],
    ["back", "/failures"],
  ]);
  expect(response.headers.get("location")).toBe("/failures?chosen=1&replayed=1");
  const page = await at.desk.html("/failures?chosen=1&replayed=1");
  expect(page).toContain("1 set going again.");
  expect(listed(page)).toEqual([`store_version-${other.id}`]);
});

test("All that are shown are replayed at once, and a second click changes nothing", async () => {
  const source = await aSource(at.db, (await anAccount(at.db)).id);
  await lost(source.id, 1);
  await lost(source.id, 2);
  const page = await at.desk.html("/failures");
  const [all = ""] = page.split("Replay all");
  const fields = [...all.matchAll(/name="(failureId)" value="([^"]+)"/g)].map(
    ([, name = "", value = ""]): [string, string] => [name, value],
  );
  expect(fields).toHaveLength(2);
  const first = await at.desk.post("/replays", [...fields, ["back", "/failures"]]);
  expect(first.headers.get("location")).toBe("/failures?chosen=2&replayed=2");
  const second = await at.desk.post("/replays", [...fields, ["back", "/failures"]]);
  const told = second.headers.get("location") ?? "";
  expect(told).toContain("replayed=0");
  expect(await at.desk.html(told)).toContain("Nothing was set going");
});

test("They are listed fifty at a time, each once", async () => {
  const source = await aSource(at.db, (await anAccount(at.db)).id);
  const made: string[] = [];
  for (let number = 0; number < 53; number++)
    made.push(`store_version-${(await lost(source.id, number)).id}`);
  const first = await at.desk.html("/failures");
  expect(listed(first)).toEqual(made.slice(0, 50));
  const older = /href="([^"]+)" rel="next"/.exec(first)?.[1] ?? "";
  const second = await at.desk.html(older);
  expect(listed(second)).toEqual(made.slice(50));
  expect(second).toContain(`hx-get="${older}"`);
});

test("A mark that makes no sense shows the newest", async () => {
  const source = await aSource(at.db, (await anAccount(at.db)).id);
  const { id } = await lost(source.id, 1);
  for (const mark of [
    "x",
    "2026-13-41T99:99:99+00:00~store_version:1",
    "2026-05-01T12:00:00+00:00~x",
  ])
    expect(listed(await at.desk.html(`/failures?before=${encodeURIComponent(mark)}`))).toEqual([
      `store_version-${id}`,
    ]);
});

test("A form that names no failure changes nothing", async () => {
  const source = await aSource(at.db, (await anAccount(at.db)).id);
  await lost(source.id, 1);
  for (const id of ["store_version:x", "reconcile:1", "store_version:1;", "drop_table:1", ""])
    expect((await at.desk.post("/replays", [["failureId", id]])).status, id).toBe(400);
  expect((await at.desk.post("/replays", [])).status).toBe(400);
  const [row] = await at.db.select().from(objects);
  expect(row?.state).toBe("given_up");
});

test("After a replay nobody is led to another site", async () => {
  const response = await at.desk.post("/replays", [
    ["objectId", "1"],
    ["back", "//evil.example/"],
  ]);
  expect(response.headers.get("location")).toBe("/?chosen=0&replayed=0");
});
