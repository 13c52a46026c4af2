import { expect, test } from "vitest";
import { anAccount, anIncident, aSource } from "../api/rows.ts";
import { deskForEach } from "./desk.ts";

const at = deskForEach();

const listed = (page: string) =>
  [...page.matchAll(/id="incident-(\d+)"/g)].map((found) => Number(found[1]));
const textOf = (page: string) => page.replaceAll(/<[^>]+>/g, "");

test("Nothing stands there while there was none", async () => {
  expect(await at.desk.html("/incidents")).toContain("No incident");
});

test("What was closed is found with its time, what it meant and what was to be done", async () => {
  const { db } = at;
  const source = await aSource(db, (await anAccount(db, { name: "Lab" })).id, { name: "<Plates>" });
  const closed = await anIncident(db, {
    kind: "source_unreachable",
    sourceId: source.id,
    message: "The folder <b>could</b> not be listed",
    hint: "Restore it",
    openedAt: new Date("2026-05-01T10:00:00Z"),
    closedAt: new Date("2026-05-01T13:00:00Z"),
  });
  const open = await anIncident(db, { message: "Still so" });
  const page = await at.desk.html("/incidents?standing=closed");
  expect(listed(page)).toEqual([closed.id]);
  for (const words of ["&lt;Plates&gt;", "The folder &lt;b&gt;could", "Restore it", ">closed<"])
    expect(page).toContain(words);
  expect(textOf(page)).toMatch(
    /began 2026-05-01 10:00:00 UTC .*, closed 2026-05-01 13:00:00 UTC .*, lasted 3 h/,
  );
  expect(page).toContain(`href="/sources/${source.id}"`);
  expect(listed(await at.desk.html("/incidents?standing=open"))).toEqual([open.id]);
  expect(listed(await at.desk.html("/incidents"))).toEqual([open.id, closed.id]);
  expect(listed(await at.desk.html("/incidents?standing=odd&before=x"))).toEqual([
    open.id,
    closed.id,
  ]);
});

test("Many are paged, and what refreshes is the page that is shown", async () => {
  const made: number[] = [];
  for (let number = 0; number < 53; number++)
    made.unshift((await anIncident(at.db, { closedAt: new Date() })).id);
  const first = await at.desk.html("/incidents?standing=closed");
  expect(listed(first)).toEqual(made.slice(0, 50));
  const older = /href="([^"]+)" rel="next"/.exec(first)?.[1] ?? "";
  const second = await at.desk.html(older.replaceAll("&amp;", "&"));
  expect(listed(second)).toEqual(made.slice(50));
  expect(second).toContain(`hx-get="${older}"`);
});

test("What nothing may ever mend has a button that closes it, wherever it is shown; the others have none", async () => {
  const { db } = at;
  const source = await aSource(db, (await anAccount(db)).id);
  const gone = await anIncident(db, { kind: "versions_gone", sourceId: source.id });
  const other = await anIncident(db, { kind: "lake_blocked" });
  const button = ({ id }: { id: number }) => `action="/incidents/${id}/acknowledge"`;
  for (const path of ["/", "/incidents", "/incidents?standing=open"]) {
    const page = await at.desk.html(path);
    expect(page).toContain(button(gone));
    expect(page).not.toContain(button(other));
  }
  const pressed = await at.desk.post(`/incidents/${gone.id}/acknowledge`, [
    ["back", "/incidents?standing=open"],
  ]);
  expect(pressed.status).toBe(303);
  expect(pressed.headers.get("location")).toBe("/incidents?standing=open&told=acknowledged");
  expect(listed(await at.desk.html("/incidents?standing=open"))).toEqual([other.id]);
  const closed = await at.desk.html("/incidents?standing=closed&told=acknowledged");
  expect(textOf(closed)).toMatch(/Acknowledged: it is closed.*, acknowledged/s);
  expect(closed).not.toContain(button(gone));
  expect((await at.desk.post(`/incidents/${other.id}/acknowledge`, [])).status).toBe(404);
  expect((await at.desk.post("/incidents/999/acknowledge", [])).status).toBe(404);
});
