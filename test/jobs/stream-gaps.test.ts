import { sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import type { BoxClient } from "../../src/box/client.ts";
import { Failure } from "../../src/core/failure.ts";
import { rows } from "../../src/db/open.ts";
import { takePosition } from "../../src/db/positions.ts";
import { createReconcile } from "../../src/jobs/reconcile.ts";
import { inboxForEach } from "../support/for-each.ts";
import { queuedJobs, seedSource, wipe } from "../support/seed.ts";
import { NEVER, scriptBox, workbench } from "./workbench.ts";

const at = inboxForEach();
beforeEach(async () => {
  await seedSource(at.db, at.account, "11", { subfolders: false });
  await takePosition(at.db, at.account, "changes", "1");
});

function house(events: BoxClient["events"]) {
  const box = scriptBox({ events });
  const bench = workbench(at.db, box);
  const reconcile = createReconcile(bench.deps);
  return {
    ...bench,
    box,
    pass: () => reconcile({ accountId: at.account, stream: "changes" }, NEVER),
    minute: () => reconcile({}, NEVER),
  };
}

const quiet: BoxClient["events"] = async (_stream, position) => ({
  entries: [],
  nextPosition: position === "now" ? "100" : position,
});

const age = (days: number) =>
  at.db.execute(sql`update positions set read_at = now() - ${days}::int * interval '1 day'`);

const walks = async () =>
  rows<{ id: string; folder: string; recursive: boolean; asked: number }>(
    at.db,
    sql`
      select id::text, folder_id as folder, recursive, asked from walks where kind = 'gap'
      order by folder_id`,
  );

const incidents = async () =>
  rows<{ kind: string; message: string; details: Record<string, string>; open: boolean }>(
    at.db,
    sql`select kind, message, details, closed_at is null as open from incidents order by id`,
  );

const position = async () => {
  const [row] = await rows<{ position: string; fresh: boolean; failure: string | null }>(
    at.db,
    sql`select position, read_at > now() - interval '1 hour' as fresh, failure from positions`,
  );
  return row;
};

test("a stream that was read within the time that Box keeps it is simply read on", async () => {
  await age(12);
  await house(quiet).pass();
  expect(await walks()).toEqual([]);
  expect(await incidents()).toEqual([]);
});

test("a stream left unread for longer has its sources walked in full, and an incident names the window", async () => {
  await age(21);
  const before = new Date(Date.now() - 21 * 24 * 3_600_000);
  const scene = house(quiet);
  expect(await scene.pass()).toMatchObject({ outcome: "done" });
  expect(await walks()).toMatchObject([
    { folder: "10", recursive: true },
    { folder: "11", recursive: false },
  ]);
  const jobs = await queuedJobs(at.db);
  expect(jobs.map(({ task }) => task)).toEqual(["walk_folder", "walk_folder"]);
  const [incident] = await incidents();
  expect(incident).toMatchObject({ kind: "gap_reproved", open: true });
  expect(incident?.message).toContain("not read for 21 days");
  expect(Math.abs(Date.parse(incident?.details["since"] ?? "") - before.getTime())).toBeLessThan(
    60_000,
  );
  expect(await position()).toMatchObject({ position: "1", fresh: true });

  expect(await scene.pass()).toMatchObject({ outcome: "done" });
  expect((await walks()).map(({ asked }) => asked)).toEqual([1, 1]);
});

test("the walks are asked for in the transaction that moves on, whatever the next page brings", async () => {
  await age(21);
  const scene = house(async (_stream, at) => {
    if (at === "1") return { entries: [{ event_id: "1", event_type: "NEW" }], nextPosition: "2" };
    throw new Failure("transient", "Box was away");
  });
  expect(await scene.pass()).toMatchObject({ outcome: "set_back" });
  expect(await position()).toMatchObject({ position: "2", fresh: true, failure: "transient" });
  expect(await walks()).toHaveLength(2);

  await wipe(at.db);
  await takePosition(at.db, at.account, "changes", "1");
  await age(21);
  const lost = house(async () => {
    await at.db.execute(sql`update positions set lease = lease + 1`);
    return { entries: [], nextPosition: "2" };
  });
  expect(await lost.pass()).toMatchObject({ failure: { kind: "stopped" } });
  expect(await walks()).toEqual([]);
  expect(await position()).toMatchObject({ position: "1", fresh: false });
});

test("the incident closes when the walks have come to their end, and not while one is given up", async () => {
  await age(21);
  const scene = house(quiet);
  await scene.pass();
  await scene.minute();
  expect(await incidents()).toMatchObject([{ open: true }]);
  await at.db.execute(sql`update walks set state = 'done' where folder_id = '10'`);
  await at.db.execute(sql`update walks set state = 'given_up' where folder_id = '11'`);
  await scene.minute();
  expect(await incidents()).toMatchObject([{ open: true }]);
  await at.db.execute(sql`update walks set state = 'done'`);
  await scene.minute();
  expect(await incidents()).toMatchObject([{ open: false }]);
});

test("a second gap while the first is open widens the window and asks the same walks again", async () => {
  await age(40);
  const scene = house(quiet);
  await scene.pass();
  const [first] = await incidents();
  await at.db.execute(sql`update walks set state = 'given_up' where folder_id = '11'`);
  await age(20);
  await scene.pass();
  const [second, ...more] = await incidents();
  expect(more).toEqual([]);
  expect(second?.details["since"]).toBe(first?.details["since"]);
  expect(await walks()).toMatchObject([{ asked: 2 }, { asked: 2 }]);
});

test.each(["invalid", "not_found"] as const)(
  "a position that Box refuses as %s is replaced by the newest one, and the sources are walked",
  async (kind) => {
    const scene = house(async (stream, at) => {
      if (at === "1") throw new Failure(kind, "Box answered 400 to that position.");
      return quiet(stream, at);
    });
    expect(await scene.pass()).toMatchObject({ outcome: "done" });
    expect(scene.box.calls).toEqual(["events changes 1", "events changes now"]);
    expect(await position()).toMatchObject({ position: "100", failure: null });
    expect(await walks()).toHaveLength(2);
    expect((await incidents())[0]?.message).toContain("refused the position");
  },
);

test("where Box refuses the newest position too, it was not the position: nothing moves", async () => {
  const scene = house(() => Promise.reject(new Failure("invalid", "Box answered 400.")));
  expect(await scene.pass()).toMatchObject({ outcome: "set_back" });
  expect(await position()).toMatchObject({ position: "1", failure: "invalid" });
  expect(await walks()).toEqual([]);
});

test("a page without a position to go on from fails, and after ten passes the stream is begun anew", async () => {
  const page = { entries: [{ event_id: "1", event_type: "NEW" }], nextPosition: "0" };
  const scene = house(async (stream, at) => (at === "1" ? page : quiet(stream, at)));
  for (let pass = 0; pass < 10; pass++)
    expect(await scene.pass()).toMatchObject({ outcome: "set_back" });
  expect(await position()).toMatchObject({ position: "1", failure: "transient" });
  expect(await scene.pass()).toMatchObject({ outcome: "done" });
  expect(await position()).toMatchObject({ position: "100", failure: null });
  expect(await walks()).toHaveLength(2);
});

test("events that cannot be read are counted", async () => {
  const odd = { event_id: "1", event_type: "ITEM_UPLOAD", source: null };
  const scene = house(async (stream, at) =>
    at === "1" ? { entries: [odd, { event_id: "2" }], nextPosition: "2" } : quiet(stream, at),
  );
  await scene.pass();
  expect(scene.odd).toEqual(["1 of changes"]);
});
