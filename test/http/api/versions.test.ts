import { afterAll, beforeAll, expect, test } from "vitest";
import { anAccount, anObject, aSource } from "./rows.ts";
import { items, openWeb, pages, type Web } from "./web.ts";

let web: Web;
let accountId: string;
beforeAll(async () => {
  web = await openWeb();
  accountId = (await anAccount(web.db)).id;
});
afterAll(() => web.close());

const source = async (tags: string[] = []) => (await aSource(web.db, accountId, { tags })).id;

interface Version {
  objectId: string;
  path: string;
}
const found = async (query: string) =>
  items<Version>(await web.get(`/api/versions?${query}`)).map(({ path }) => path);

test("a stored version says where it lies and what proves it", async () => {
  const sourceId = await source();
  const row = await anObject(web.db, sourceId, {
    state: "stored",
    name: "landed/inbox/run 7/plate.csv/5-6.csv",
    path: "run 7/plate.csv",
    sizeBytes: 5_000_000_000,
    failureReason: "an old story",
  });
  const answer = await web.get(`/api/versions/${row.id}`);
  expect(answer.body).toEqual({
    objectId: String(row.id),
    sourceId,
    fileId: row.fileId,
    versionId: row.versionId,
    state: "stored",
    uri: "gs://lake/landed/inbox/run 7/plate.csv/5-6.csv",
    generation: row.generation,
    sha1: "a".repeat(40),
    crc32c: row.crc32c,
    size: 5_000_000_000,
    path: "run 7/plate.csv",
    pathFields: {},
    misfit: null,
    door: "webhook",
    seenAt: row.seenAt.toISOString(),
    seenBy: { webhook: null, events: null, listing: null },
    storedAt: row.storedAt?.toISOString(),
  });
  expect(items(await web.get(`/api/versions?sourceId=${sourceId}`))).toEqual([answer.body]);
});

test("a version says what was read from its path, why it does not fit, and lies in its source's bucket", async () => {
  const account = await anAccount(web.db);
  const { id } = await aSource(web.db, account.id, { bucket: "archive", prefix: "team/a" });
  const read = { pathFields: { study: "S1" }, misfit: "lies 1 deep, and {study}/{run} wants 2" };
  const row = await anObject(web.db, id, { name: "team/a/x/1-2", ...read });
  const other = await anObject(web.db, id, { pathFields: { study: "S1", run: "R" } });
  expect((await web.get(`/api/versions/${row.id}`)).body).toMatchObject({
    ...read,
    uri: "gs://archive/team/a/x/1-2",
  });
  const ids = async (query: string) =>
    items<Version>(await web.get(`/api/versions?sourceId=${id}${query}`)).map(
      (one) => one.objectId,
    );
  expect(await ids("&misfit=true")).toEqual([String(row.id)]);
  expect(await ids("&misfit=false")).toEqual([String(other.id)]);
  expect((await web.get("/api/versions?misfit=maybe")).status).toBe(400);
});

test.each(["waiting", "given_up"] as const)(
  "a version that is %s says why and what to do",
  async (state) => {
    const row = await anObject(web.db, await source(), {
      state,
      failureReason: "Box says 403",
      hint: "Invite the account.",
    });
    expect((await web.get(`/api/versions/${row.id}`)).body).toMatchObject({
      state,
      reason: "Box says 403",
      hint: "Invite the account.",
      generation: null,
      crc32c: null,
      storedAt: null,
    });
  },
);

test("versions are found by source, state, file, and a part of the path whatever its case", async () => {
  const one = await source();
  const two = await source();
  await anObject(web.db, one, { path: "Lab/Plate_1%.csv", state: "stored" });
  const file = await anObject(web.db, one, { path: "lab/notes.txt", state: "pending" });
  await anObject(web.db, two, { path: "lab/plate_2.csv", state: "stored" });
  expect(await found(`sourceId=${one}`)).toEqual(["lab/notes.txt", "Lab/Plate_1%.csv"]);
  expect(await found(`sourceId=${one}&state=stored`)).toEqual(["Lab/Plate_1%.csv"]);
  expect(await found(`sourceId=${one}&path=PLATE_`)).toEqual(["Lab/Plate_1%.csv"]);
  expect(await found(`sourceId=${two}&path=%25`)).toEqual([]);
  expect(await found(`fileId=${file.fileId}`)).toEqual(["lab/notes.txt"]);
});

test("versions are found by a tag that their source carries, and by no part of one", async () => {
  await anObject(web.db, await source(["assay", "2026"]), { path: "tagged" });
  expect(await found("tag=assay")).toEqual(["tagged"]);
  expect(await found("tag=ass")).toEqual([]);
});

test("versions are found by when they were seen: from, and before to", async () => {
  const sourceId = await source();
  for (const day of ["01", "02", "03"])
    await anObject(web.db, sourceId, { path: day, seenAt: new Date(`2026-02-${day}T00:00:00Z`) });
  const from = encodeURIComponent("2026-02-02T01:00:00+01:00");
  expect(await found(`sourceId=${sourceId}&from=${from}`)).toEqual(["03", "02"]);
  expect(await found(`sourceId=${sourceId}&to=2026-02-02T00:00:00Z`)).toEqual(["01"]);
});

test("pages are newest first and hold every version once, though newer ones arrive meanwhile", async () => {
  const sourceId = await source();
  for (const path of ["1", "2", "3", "4", "5"]) await anObject(web.db, sourceId, { path });
  const query = `/api/versions?sourceId=${sourceId}&limit=2`;
  const first = await web.get(query);
  await anObject(web.db, sourceId, { path: "6" });
  const second = await web.get(`${query}&cursor=${String(first.body["nextCursor"])}`);
  expect(items<Version>(first).map(({ path }) => path)).toEqual(["5", "4"]);
  expect(items<Version>(second).map(({ path }) => path)).toEqual(["3", "2"]);
  expect(await pages(web, `/api/versions?sourceId=${sourceId}`, 6)).toHaveLength(1);
});

test("what was stored by a source that is deleted since is still found", async () => {
  const deleted = await aSource(web.db, accountId, { state: "deleted" });
  await anObject(web.db, deleted.id, { path: "kept", state: "stored" });
  expect(await found(`sourceId=${deleted.id}`)).toEqual(["kept"]);
});

test.each([
  ["/sourceId", "sourceId=1"],
  ["/state", "state=lost"],
  ["/from", "from=yesterday"],
  ["/from", "from=0001-01-01T00:00:00Z"],
  ["/to", "to=2026-02-30T00:00:00Z"],
  ["/path", "path=%00"],
  ["/tag", "tag="],
])("a search that makes no sense is a 400 at %s: %s", async (pointer, query) => {
  const refused = await web.get(`/api/versions?${query}`);
  expect(refused.status).toBe(400);
  expect(refused.body["errors"]).toMatchObject([{ pointer }]);
});
