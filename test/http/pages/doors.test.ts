import { and, eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { versions, webhooks } from "../../../src/db/schema.ts";
import { anAccount, anObject, aSource } from "../api/rows.ts";
import { deskForEach } from "./desk.ts";

const at = deskForEach();

const HOUR = 3_600_000;

/** A version that a webhook saw first, or that events alone saw, so many hours ago. */
async function seen(sourceId: string, door: "webhook" | "events", hoursAgo: number, lateMs = 0) {
  const seenAt = new Date(Date.now() - hoursAgo * HOUR);
  const object = await anObject(at.db, sourceId, {
    door,
    name: `raw/${crypto.randomUUID()}`,
  });
  const { fileId, versionId } = object;
  await at.db
    .update(versions)
    .set({
      door,
      seenAt,
      sha1: crypto.randomUUID(),
      createdAt: new Date(Date.now() + HOUR),
      webhookAt: door === "webhook" ? seenAt : null,
      eventsAt: new Date(seenAt.getTime() + lateMs),
    })
    .where(and(eq(versions.fileId, fileId), eq(versions.versionId, versionId)));
  return object;
}

/** A door's row, without its marks. */
const rowOf = (page: string, door: string) =>
  new RegExp(`id="door-${door}">(.*?)</tr>`)
    .exec(page)?.[1]
    ?.replaceAll(/<[^>]+>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();

test("It tells which door saw versions first, how late the others were, and what was never delivered", async () => {
  const { db } = at;
  const account = await anAccount(db);
  const source = await aSource(db, account.id, { name: "<Plates>" });
  await db
    .insert(webhooks)
    .values({ accountId: account.id, folderId: source.folderId, state: "registered" });
  await seen(source.id, "webhook", 30, 500);
  await seen(source.id, "webhook", 2, 70_000);
  const missed = await seen(source.id, "events", 1);
  const page = await at.desk.html("/doors");
  expect(rowOf(page, "webhook")).toBe("webhook 2 0 – – –");
  expect(rowOf(page, "events")).toMatch(/^events 1 2 35 s \d+ s 70 s$/);
  expect(rowOf(page, "listing")).toBe("listing 0 0 – – –");
  expect(page).toContain("Never delivered: 1");
  expect(page).toContain(
    `href="/versions/${missed.id}"><bdi class="name">${missed.path}</bdi></a>`,
  );
  expect(rowOf(await at.desk.html("/doors?days=1"), "webhook")).toBe("webhook 1 0 – – –");
  expect(rowOf(await at.desk.html("/doors?days=99"), "webhook")).toBe("webhook 2 0 – – –");
});

test("It can be asked of one source", async () => {
  const { db } = at;
  const account = await anAccount(db);
  const source = await aSource(db, account.id, { name: "<Plates>" });
  const other = await aSource(db, account.id);
  await seen(source.id, "webhook", 2, 500);
  await seen(other.id, "events", 2);
  const page = await at.desk.html(`/doors?source=${source.id}`);
  expect(page).toContain("&lt;Plates&gt;");
  expect(rowOf(page, "events")).toBe("events 0 1 500 ms 500 ms 500 ms");
  expect(page).toContain("No delivery was missed");
  expect(page).toContain(`href="/doors?days=30&amp;source=${source.id}"`);
  expect(await at.desk.html(`/sources/${source.id}`)).toContain(
    `href="/doors?source=${source.id}"`,
  );
  for (const id of [crypto.randomUUID(), "x"])
    expect((await at.desk.get(`/doors?source=${id}`)).status).toBe(404);
});
