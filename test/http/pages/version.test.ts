import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { objects, replays } from "../../../src/db/schema.ts";
import { anAccount, anObject, aSource } from "../api/rows.ts";
import { deskForEach } from "./desk.ts";

const at = deskForEach();

test("A stored version shows where it lies and what proves it", async () => {
  const source = await aSource(at.db, (await anAccount(at.db)).id, { name: "Plates" });
  const object = await anObject(at.db, source.id, {
    state: "stored",
    name: "raw/plates/run 7/1-2.csv",
    path: "run 7/plate.csv",
    sizeBytes: 1_204_551,
    fileId: "900719925474099312345",
    failureReason: "an old trouble that is over",
  });
  const page = await at.desk.html(`/versions/${object.id}`);
  for (const words of [
    "run 7/plate.csv",
    "gs://lake/raw/plates/run 7/1-2.csv",
    "1700000000000001",
    "AAAAAA==",
    "a".repeat(40),
    "1.2 MB (1,204,551 bytes)",
    "900719925474099312345",
    `href="/sources/${source.id}"`,
    "Look at it in the lake",
  ])
    expect(page).toContain(words);
  expect(page).not.toContain("an old trouble");
});

test("A version that was given up says why, and is set going by its button", async () => {
  const source = await aSource(at.db, (await anAccount(at.db)).id);
  const object = await anObject(at.db, source.id, {
    state: "given_up",
    attempts: 4,
    failureReason: "The bytes differ",
    hint: "Download it by hand",
  });
  const path = `/versions/${object.id}`;
  const page = await at.desk.html(path);
  expect(page).toContain("The bytes differ.");
  expect(page).toContain("Download it by hand");
  expect(page).toContain(`name="objectId" value="${object.id}"`);
  const response = await at.desk.post("/replays", [
    ["objectId", String(object.id)],
    ["back", path],
  ]);
  expect(response.status).toBe(303);
  expect(response.headers.get("location")).toBe(`${path}?chosen=1&replayed=1`);
  expect(await at.desk.html(`${path}?chosen=1&replayed=1`)).toContain("1 set going again.");
  const [row] = await at.db.select().from(objects).where(eq(objects.id, object.id));
  expect(row).toMatchObject({ state: "pending", attempts: 0 });
  expect(await at.db.select().from(replays)).toHaveLength(1);
});

test("What is due already has no button, and what is owed no more has none either", async () => {
  const source = await aSource(at.db, (await anAccount(at.db)).id);
  for (const state of ["pending", "withdrawn"] as const) {
    const { id } = await anObject(at.db, source.id, { state, name: `raw/${state}` });
    expect(await at.desk.html(`/versions/${id}`)).not.toContain(`action="/replays"`);
  }
});

test("The version of a deleted source keeps its page", async () => {
  const source = await aSource(at.db, (await anAccount(at.db)).id, {
    state: "deleted",
  });
  const { id } = await anObject(at.db, source.id, { state: "stored" });
  expect(await at.desk.html(`/versions/${id}`)).toContain("deleted");
});

test("A number that names no version is not found", async () => {
  for (const id of ["0", "77", "x", "99999999999999999999", "1x"])
    expect((await at.desk.get(`/versions/${id}`)).status).toBe(404);
});
