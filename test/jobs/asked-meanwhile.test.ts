import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { Failure } from "../../src/core/failure.ts";
import { rows } from "../../src/db/open.ts";
import { createSyncFile } from "../../src/jobs/sync-file.ts";
import { createWalkFolder } from "../../src/jobs/walk-folder.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { inboxForEach } from "../support/for-each.ts";
import { fileTouched, folderTouched, INBOX, queuedJobs, seedSource, way } from "../support/seed.ts";
import { folderOf, NEVER, pageOf, scriptBox, workbench } from "./workbench.ts";

const at = inboxForEach();

type Signal = ReturnType<typeof fileTouched>;
const signal = (...news: Signal[]) =>
  recordChanges(at.db, { accountId: at.account, door: "events", prefix: "", news });

const refuse = () => Promise.reject(new Failure("forbidden", "Box answered 403"));
const emptyQueue = () => at.db.execute(sql`delete from graphile_worker._private_jobs`);

test("a signal during a check's last failing attempt has it made again", async () => {
  await signal(fileTouched("1"));
  await at.db.execute(sql`update checks set due_at = now()`);
  await emptyQueue();
  let isMeanwhile = true;
  const box = scriptBox({
    file: async () => {
      if (isMeanwhile) await signal(fileTouched("1"));
      isMeanwhile = false;
      return refuse();
    },
  });
  const { deps } = workbench(at.db, box);
  const sync = createSyncFile(deps);
  expect(await sync({ checkId: 1 }, NEVER)).toMatchObject({ outcome: "set_back" });
  const row = sql`select state, attempts, due_at <= now() as due from checks`;
  expect(await rows(at.db, row)).toEqual([{ state: "due", attempts: 0, due: true }]);
  expect((await queuedJobs(at.db)).map(({ task }) => task)).toContain("sync_file");
  expect(await sync({ checkId: 1 }, NEVER)).toMatchObject({ outcome: "given_up" });
});

test("a signal during a walk's last failing attempt has it begun anew", async () => {
  const touched = folderTouched("11", { ancestors: INBOX });
  await signal(touched);
  await emptyQueue();
  let isMeanwhile = true;
  const box = scriptBox({
    folder: async (id) => folderOf(id, INBOX),
    folderItems: async () => {
      if (isMeanwhile) await signal(touched);
      isMeanwhile = false;
      return refuse();
    },
  });
  const { deps } = workbench(at.db, box);
  const walk = createWalkFolder(deps);
  expect(await walk({ walkId: 1 }, NEVER)).toMatchObject({ outcome: "set_back" });
  const row = sql`select state, attempts, started, due_at <= now() as due from walks`;
  expect(await rows(at.db, row)).toEqual([
    { state: "due", attempts: 0, started: false, due: true },
  ]);
  expect(await walk({ walkId: 1 }, NEVER)).toMatchObject({ outcome: "given_up" });
});

test("a signal while a walk comes to its end has it walked once more, at once", async () => {
  const touched = folderTouched("11", { ancestors: INBOX });
  await signal(touched);
  await emptyQueue();
  let listed = 0;
  const box = scriptBox({
    folder: async (id) => folderOf(id, INBOX),
    folderItems: async () => {
      if (++listed === 1) await signal(touched);
      return pageOf();
    },
  });
  const { deps } = workbench(at.db, box);
  const walk = createWalkFolder(deps);
  const row = sql`select state, due_at <= now() as due from walks`;
  expect(await walk({ walkId: 1 }, NEVER)).toMatchObject({ outcome: "done" });
  expect(await rows(at.db, row)).toEqual([{ state: "due", due: true }]);
  // Its own, and that of the signal.
  expect((await queuedJobs(at.db)).map(({ task }) => task)).toEqual(["walk_folder", "walk_folder"]);
  expect(await walk({ walkId: 1 }, NEVER)).toMatchObject({ outcome: "done" });
  expect(await rows(at.db, row)).toMatchObject([{ state: "done" }]);
  expect(listed).toBe(2);
});

const walked = () =>
  rows<{ folder: string; rounds: number }>(
    at.db,
    sql`select folder_id as folder, rounds_left as rounds from walks where state = 'due' order by 1`,
  );

test("a folder above a source that came back or moved has the source's folder walked", async () => {
  await seedSource(at.db, at.account, "31");
  // Where the sources lie is remembered: 30 is above 31, and 40 above nothing.
  await signal(
    folderTouched("31", { ancestors: way("0", "30 Above") }),
    folderTouched("11", { ancestors: INBOX }),
  );
  await at.db.execute(sql`delete from walks`);
  const outside = { ancestors: way("0", "90 Elsewhere"), repeat: true };
  await signal(folderTouched("30", outside), folderTouched("40", outside));
  expect(await walked()).toEqual([{ folder: "31", rounds: 4 }]);
  await at.db.execute(sql`delete from walks`);
  await signal(folderTouched("30", { ...outside, repeat: false }));
  expect(await walked()).toEqual([]);
});

test("so has one of which Box must be asked where it lies", async () => {
  await signal(folderTouched("10", { ancestors: way("0", "5 Top") }));
  await at.db.execute(sql`delete from walks`);
  await signal(folderTouched("5", { repeat: true }));
  const [{ id } = { id: "" }] = await rows<{ id: string }>(
    at.db,
    sql`select id from walks where folder_id = '5'`,
  );
  const box = scriptBox({ folder: async (id) => folderOf(id, way("0")) });
  const { deps } = workbench(at.db, box);
  expect(await createWalkFolder(deps)({ walkId: Number(id) }, NEVER)).toMatchObject({
    note: "Outside every source",
  });
  expect(await walked()).toContainEqual({ folder: "10", rounds: 0 });
  expect(box.calls).toEqual(["folder 5"]);
});
