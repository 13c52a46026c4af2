import * as fc from "../support/dice.ts";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { Failure } from "../../src/core/failure.ts";
import { rows } from "../../src/db/open.ts";
import { takePosition } from "../../src/db/positions.ts";
import { createReconcile } from "../../src/jobs/reconcile.ts";
import { inboxForEach } from "../support/for-each.ts";
import { sha1, wipe } from "../support/seed.ts";
import { NEVER, scriptBox, workbench } from "./workbench.ts";

const at = inboxForEach();

/** An upload as a user's own feed tells it. */
const upload = (file: number) => ({
  event_id: `event-${file}`,
  event_type: "ITEM_UPLOAD",
  created_at: "2026-05-01T12:00:00Z",
  source: {
    type: "file",
    id: String(file),
    name: `${file}.csv`,
    etag: "0",
    size: 3,
    sha1: sha1("a"),
    file_version: { type: "file_version", id: `${file}00`, sha1: sha1("a") },
    parent: { type: "folder", id: "10" },
    path_collection: { entries: [{ type: "folder", id: "10", name: "Inbox" }] },
    created_at: "2026-05-01T12:00:00Z",
    modified_at: "2026-05-01T12:00:00Z",
  },
});

const ODD = [
  null,
  7,
  { event_type: "ITEM_UPLOAD", source: null },
  { source: { type: "web_link" } },
];

/** Above 2^53, where neighbours are one number to a double. */
const positionOf = (page: number) => String(2n ** 60n + BigInt(page));

type Trouble = "none" | "away" | "lost lease" | "no position" | "position 0";

const streams = fc.record({
  /** What each page tells: files in any order, again and again, and odd things between. */
  pages: fc.array(
    fc.array(fc.oneof({ weight: 5, arbitrary: fc.nat(12) }, fc.constantFrom(...ODD)), {
      minLength: 1,
      maxLength: 6,
    }),
    { minLength: 1, maxLength: 6 },
  ),
  /** What befalls the first calls. */
  troubles: fc.array(
    fc.constantFrom<Trouble>("none", "away", "lost lease", "no position", "position 0"),
    { maxLength: 6 },
  ),
});

test("whatever the pages and whatever befalls them, each file is owed once and every event is read", async () => {
  await fc.assert(
    fc.asyncProperty(streams, async ({ pages, troubles }) => {
      await wipe(at.db);
      await takePosition(at.db, at.account, "changes", positionOf(0));
      let calls = 0;
      const box = scriptBox({
        async events(_stream, position) {
          const trouble = troubles[calls++] ?? "none";
          if (trouble === "away") throw new Failure("transient", "Box was away");
          if (trouble === "lost lease")
            await at.db.execute(sql`update positions set lease = lease + 1, leased_by = null`);
          const page = Number(BigInt(position) - 2n ** 60n);
          const told = pages[page];
          if (!told) return { entries: [], nextPosition: position };
          const entries = told.map((one) => (typeof one === "number" ? upload(one) : one));
          const next = trouble === "position 0" ? "0" : positionOf(page + 1);
          return { entries, nextPosition: trouble === "no position" ? undefined : next };
        },
      });
      const reconcile = createReconcile(workbench(at.db, box).deps);
      // A pass ends at the latest after two pages that tell nothing new.
      for (let pass = 0; pass < pages.length + troubles.length + 1; pass++)
        await reconcile({ accountId: at.account, stream: "changes" }, NEVER);

      const files = new Set(pages.flat().filter((one) => typeof one === "number"));
      const owed = await rows<{ file: string }>(
        at.db,
        sql`select file_id as file from objects order by 1`,
      );
      expect(owed.map(({ file }) => Number(file)).toSorted((a, b) => a - b)).toEqual(
        [...files].toSorted((a, b) => a - b),
      );
      expect(await rows(at.db, sql`select position from positions`)).toEqual([
        { position: positionOf(pages.length) },
      ]);
    }),
    { numRuns: 15 },
  );
});

test("an event that Box tells late does not replace what a later one has said of the file", async () => {
  await takePosition(at.db, at.account, "changes", "1");
  const called = (name: string, hour: number) => {
    const { source, ...event } = upload(1);
    const created_at = `2026-05-01T${hour}:00:00Z`;
    return { ...event, event_id: name, created_at, source: { ...source, name } };
  };
  const told: Record<string, object[]> = {
    "1": [called("new.csv", 12)],
    "2": [called("old.csv", 11)],
  };
  const box = scriptBox({
    events: async (_stream, position) => ({
      entries: told[position] ?? [],
      nextPosition: told[position] ? String(Number(position) + 1) : position,
    }),
  });
  await createReconcile(workbench(at.db, box).deps)(
    { accountId: at.account, stream: "changes" },
    NEVER,
  );
  expect(await rows(at.db, sql`select name from files`)).toEqual([{ name: "new.csv" }]);
  expect(await rows(at.db, sql`select position from positions`)).toEqual([{ position: "3" }]);
});
