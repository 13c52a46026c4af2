import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { objects, sources } from "../../../src/db/schema.ts";
import { anAccount, anObject, aSource } from "../api/rows.ts";
import { deskForEach } from "./desk.ts";

const at = deskForEach();

async function aPlateSource() {
  const account = await anAccount(at.db);
  const source = await aSource(at.db, account.id, { name: "Plates", slug: "plates" });
  await anObject(at.db, source.id, { name: "raw/1", state: "stored" });
  await anObject(at.db, source.id, { name: "raw/2", state: "pending" });
  return source;
}

test("Before a source is deleted its page says what that means, and nothing is done by looking", async () => {
  const { id } = await aPlateSource();
  expect(await at.desk.html(`/sources/${id}`)).toContain(`href="/sources/${id}/delete"`);
  const page = await at.desk.html(`/sources/${id}/delete`);
  for (const words of [
    "<title>Delete Plates",
    "1 stored version stays",
    "1 version that is still to be stored would be withdrawn",
    "cannot be taken back",
  ])
    expect(page).toContain(words);
  const [source] = await at.db.select().from(sources).where(eq(sources.id, id));
  expect(source?.state).toBe("active");
});

test("The button deletes it: what is owed is withdrawn, what is stored stays, and the overview tells", async () => {
  const { id } = await aPlateSource();
  const answer = await at.desk.post(`/sources/${id}/delete`, []);
  expect(answer.status).toBe(303);
  expect(await at.desk.html(answer.headers.get("location") ?? "")).toContain("Deleted: nothing");
  const kept = await at.db.select({ state: objects.state }).from(objects).orderBy(objects.name);
  expect(kept.map(({ state }) => state)).toEqual(["stored", "withdrawn"]);
  for (const path of ["", "/delete"])
    expect((await at.desk.get(`/sources/${id}${path}`)).status).toBe(404);
  expect((await at.desk.post(`/sources/${id}/delete`, [])).status).toBe(404);
});

test("Another site's page cannot delete a source", async () => {
  const { id } = await aPlateSource();
  const foreign = await at.desk.post(`/sources/${id}/delete`, [], { origin: "https://evil.test" });
  expect(foreign.status).toBe(403);
  expect(await at.desk.html(`/sources/${id}`)).toContain("Plates");
});
