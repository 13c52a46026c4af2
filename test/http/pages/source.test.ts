import { expect, test } from "vitest";
import { putMetadataField } from "../../../src/db/metadata-fields.ts";
import { anAccount, anObject, aSource, aWalk } from "../api/rows.ts";
import { deskForEach } from "./desk.ts";

const at = deskForEach();

/** The object ids that a page lists, in its order. */
const listed = (page: string) =>
  [...page.matchAll(/id="object-(\d+)"/g)].map((found) => Number(found[1]));

test("A source shows what it takes and how its objects are named", async () => {
  const account = await anAccount(at.db, { name: "Lab" });
  const source = await aSource(at.db, account.id, {
    name: "Plates",
    slug: "plates",
    include: ["**/*.csv"],
    exclude: ["tmp/**"],
    tags: ["room-7"],
    metadata: { site: "Basel" },
  });
  const page = await at.desk.html(`/sources/${source.id}`);
  for (const words of ["Plates", "Lab", "**/*.csv", "tmp/**", "room-7", "site", "Basel", "changes"])
    expect(page).toContain(words);
  expect(page).toContain("raw/plates/&lt;path&gt;/&lt;file name&gt;");
  expect(page).toContain("Nothing was noticed yet");
});

test("It shows its limits and templates, what was skipped by which rule, and what it lacks", async () => {
  const { db } = at;
  const account = await anAccount(db);
  const source = await aSource(db, account.id, {
    slug: "plates",
    subfolders: false,
    minBytes: 1_000,
    maxBytes: 2_500_000,
    maxAgeDays: 30,
    history: "all",
    pathTemplate: "{study}/**",
    nameTemplate: "{study}/{fileId}-{versionId}",
    bucket: "archive",
    prefix: "team/a",
  });
  await putMetadataField(db, {
    name: "site",
    description: null,
    required: true,
    allowedValues: null,
  });
  await aWalk(db, source, { state: "done", matchedBytes: 5_000, skipped: { size: 1_200, age: 3 } });
  const object = await anObject(db, source.id, {
    pathFields: { study: "S-17" },
    misfit: "lies 0 deep",
  });
  const page = await at.desk.html(`/sources/${source.id}`);
  for (const words of [
    "left out",
    "at least 1.0 kB, at most 2.5 MB",
    "at most 30 days",
    "past versions too",
    "{study}/**",
    '?misfit=true#versions">1 does not fit</a>',
    "gs://archive/team/a/plates/{study}/{fileId}-{versionId}",
    "(5.0 kB)",
    "skipped: 1,200 for their size, 3 for their age",
    "The metadata field site is required.",
  ])
    expect(page).toContain(words);
  const version = await at.desk.html(`/versions/${object.id}`);
  for (const words of ["S-17", "lies 0 deep", "gs://archive/"]) expect(version).toContain(words);
});

test("Versions whose path does not fit are listed by themselves, with the reason", async () => {
  const { db } = at;
  const source = await aSource(db, (await anAccount(db)).id, { pathTemplate: "{study}/**" });
  const misfit = await anObject(db, source.id, { misfit: "lies 0 deep" });
  await anObject(db, source.id, { name: "raw/fits" });
  const page = await at.desk.html(`/sources/${source.id}?misfit=true`);
  expect(listed(page)).toEqual([misfit.id]);
  expect(page).toMatch(/Does not fit: <[^>]+>lies 0 deep/);
  expect(page).toContain("Versions whose path does not fit");
});

test("Its versions are listed newest first, fifty at a time, each once", async () => {
  const { db } = at;
  const account = await anAccount(db);
  const source = await aSource(db, account.id);
  const made: number[] = [];
  for (let number = 0; number < 55; number++)
    made.unshift((await anObject(db, source.id, { name: `raw/${number}` })).id);
  await anObject(db, (await aSource(db, account.id)).id, { name: "raw/other" });
  const first = await at.desk.html(`/sources/${source.id}`);
  expect(listed(first)).toEqual(made.slice(0, 50));
  const older = /href="([^"]+)" rel="next"/.exec(first)?.[1] ?? "";
  const second = await at.desk.html(older);
  expect(listed(second)).toEqual(made.slice(50));
  expect(second).not.toContain(`rel="next"`);
  // What refreshes is the page that is shown, not the newest one.
  expect(second).toContain(`hx-get="${older}"`);
});

test("Its numbers lead to the versions that they count", async () => {
  const { db } = at;
  const source = await aSource(db, (await anAccount(db)).id);
  await anObject(db, source.id, { state: "stored", name: "raw/1" });
  const lost = await anObject(db, source.id, {
    state: "given_up",
    name: "raw/2",
    failureReason: "Box says no",
    hint: "Ask again",
  });
  const page = await at.desk.html(`/sources/${source.id}`);
  const path = `/sources/${source.id}?state=given_up`;
  expect(page).toContain(`href="${path}"`);
  const some = await at.desk.html(path);
  expect(listed(some)).toEqual([lost.id]);
  expect(some).toContain("Box says no.");
  expect(some).toContain("Ask again");
  expect(await at.desk.html(`/sources/${source.id}?state=waiting`)).toContain(
    "No version of this source is waiting",
  );
});

test("A query that makes no sense is as if it were not there", async () => {
  const source = await aSource(at.db, (await anAccount(at.db)).id);
  const { id } = await anObject(at.db, source.id);
  for (const query of [
    "before=x",
    "before=-1",
    "before=99999999999999999999",
    "state=lost",
    "chosen=x",
  ])
    expect(listed(await at.desk.html(`/sources/${source.id}?${query}`))).toEqual([id]);
});

test("A source that is not there, or no longer, is not found", async () => {
  const gone = await aSource(at.db, (await anAccount(at.db)).id, { state: "deleted" });
  for (const id of [gone.id, "6f2c0e0c-0000-4000-8000-000000000000", "x", "..%2f"]) {
    const response = await at.desk.get(`/sources/${id}`);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain("There is no such source");
  }
});
