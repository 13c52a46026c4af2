import * as fc from "../../support/dice.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { anAccount, aSource } from "./rows.ts";
import { openWeb, type Web } from "./web.ts";

let web: Web;
let sourcePath: string;
beforeAll(async () => {
  web = await openWeb();
  const { id } = await anAccount(web.db);
  sourcePath = `/api/sources/${(await aSource(web.db, id)).id}`;
});
afterAll(() => web.close());

/** Text that nobody means well with: every code unit, NUL, halves of pairs, quotes and braces. */
const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((n) => String.fromCharCode(n)) }),
  fc.string({
    unit: fc.constantFrom("\u0000", "\ud800", "\udc00", "\\", '"', "{", "}", ",", "%", "'"),
  }),
);

test("no query makes the service stumble: it is answered or refused", async () => {
  const searches = fc.constantFrom(
    "versions?path=",
    "versions?tag=",
    "versions?fileId=",
    "versions?from=",
    "versions?sourceId=",
    "versions?cursor=",
    "accounts?cursor=",
    "failures?cursor=",
    "replays?cursor=",
    "deliveries?trigger=",
  );
  await fc.assert(
    fc.asyncProperty(searches, hostile, async (search, text) => {
      const value = search.endsWith("cursor=")
        ? Buffer.from(JSON.stringify(text)).toString("base64url")
        : encodeURIComponent(text.toWellFormed());
      expect([200, 400]).toContain((await web.get(`/api/${search}${value}`)).status);
    }),
    { numRuns: 200 },
  );
});

test("no text in a source makes the service stumble, and what is accepted comes back as it was", async () => {
  const edits = fc.record(
    {
      description: hostile,
      tags: fc.array(hostile, { maxLength: 5 }),
      metadata: fc.dictionary(fc.constantFrom("a", "b.c", "D-1"), hostile),
      include: fc.array(hostile, { maxLength: 3 }),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(edits, async (edit) => {
      const { status, body } = await web.patch(sourcePath, edit);
      expect([200, 400]).toContain(status);
      if (status !== 200) return;
      const tags = edit.tags && { tags: edit.tags.map((tag) => tag.trim()) };
      expect(body).toMatchObject({ ...edit, ...tags });
    }),
    { numRuns: 200 },
  );
});

test("no id in a path and no reason in a replay makes the service stumble", async () => {
  await fc.assert(
    fc.asyncProperty(hostile, async (text) => {
      const id = encodeURIComponent(text.toWellFormed());
      expect([200, 404]).toContain((await web.get(`/api/versions/${id}`)).status);
      const replay = { sourceId: crypto.randomUUID(), reason: text };
      expect([200, 400]).toContain((await web.post("/api/replays", replay)).status);
    }),
    { numRuns: 100 },
  );
});
