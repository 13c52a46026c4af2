import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { listFailures } from "../../src/db/failures.ts";
import { rows } from "../../src/db/open.ts";
import { newestProof } from "../../src/db/source-proof.ts";
import { createWalkFolder } from "../../src/jobs/walk-folder.ts";
import { aWalk } from "../http/api/rows.ts";
import { inboxForEach } from "../support/for-each.ts";
import { seedSource, way } from "../support/seed.ts";
import { factOf, fileOf, folderOf, NEVER, pageOf, scriptBox, workbench } from "./workbench.ts";

const at = inboxForEach();

const [BEFORE, LATER] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 3_600_000)];

type Walk = NonNullable<Parameters<typeof aWalk>[2]>;

/** A walk that was given up, of the inbox unless said. */
const givenUp = (values: Walk, source = at.source) =>
  aWalk(
    at.db,
    { id: source, accountId: at.account, folderId: "10" },
    {
      state: "given_up",
      failure: "transient",
      failureReason: "Box was away",
      failedAt: BEFORE,
      attempts: 12,
      ...values,
    },
  );

const bySignal = { kind: "signal", sourceId: null } as const;

/** Lists the inbox, with a file in it and a folder 11 below, for a walk such as this. */
async function list(values: Walk = { kind: "sweep" }) {
  const source = { id: at.source, accountId: at.account, folderId: "10" };
  const { id } = await aWalk(at.db, source, values);
  const file = fileOf("1", factOf("101", "one"), { ancestors: undefined });
  const box = scriptBox({
    folder: async (id) => folderOf(id, way("0")),
    folderItems: async (id) =>
      id === "10" ? pageOf({ files: [file], folders: way("11 Below") }) : pageOf(),
  });
  await createWalkFolder(workbench(at.db, box).deps)({ walkId: id }, NEVER);
  return id;
}

const stateOf = async (walk: { id: number }) => {
  const [row] = await rows<{ state: string }>(
    at.db,
    sql`select state from walks where id = ${walk.id}`,
  );
  return row?.state;
};

const failures = async () => (await listFailures(at.db, { limit: 10 })).map(({ id }) => id);

test("what was given up of a folder is no failure any more once a later listing has proved it", async () => {
  const sweep = await givenUp({ kind: "sweep" });
  const signal = await givenUp(bySignal);
  const below = await givenUp({ ...bySignal, folderId: "11", recursive: false });
  expect(await failures()).toHaveLength(3);
  await list();
  expect(await failures()).toEqual([]);
  for (const walk of [sweep, signal, below]) expect(await stateOf(walk)).toBe("withdrawn");
});

test("what failed since the listing began, or lies elsewhere or deeper than it went, stays a failure", async () => {
  const later = await givenUp({ kind: "sweep", failedAt: LATER });
  const elsewhere = await givenUp({ ...bySignal, folderId: "77" });
  const deeper = await givenUp({ ...bySignal, folderId: "10", recursive: true });
  await list({ ...bySignal, recursive: false });
  expect(await failures()).toHaveLength(3);
  for (const walk of [later, elsewhere, deeper]) expect(await stateOf(walk)).toBe("given_up");
});

test("a later round of a walk answers what failed since the round before", async () => {
  const sweep = await givenUp({ kind: "sweep", failedAt: BEFORE });
  const old = new Date(BEFORE.getTime() - 60_000);
  await list({ ...bySignal, createdAt: old, finishedAt: old, roundsLeft: 2 });
  expect(await stateOf(sweep)).toBe("withdrawn");
});

test("what failed while a walk was under way for long stays a failure", async () => {
  const sweep = await givenUp({ kind: "sweep", failedAt: BEFORE });
  const createdAt = new Date(BEFORE.getTime() - 60_000);
  const source = { id: at.source, accountId: at.account, folderId: "10" };
  const { id } = await aWalk(at.db, source, {
    ...bySignal,
    createdAt,
    started: true,
    answering: 1,
  });
  await at.db.execute(sql`insert into walk_folders (walk_id, folder_id) values (${id}, '10')`);
  const box = scriptBox({ folderItems: async () => pageOf() });
  await createWalkFolder(workbench(at.db, box).deps)({ walkId: id }, NEVER);
  expect(await stateOf({ id })).toBe("done");
  expect(await stateOf(sweep)).toBe("given_up");
});

test("a backfill of current versions is done by the listing that did its work, and says what that counted", async () => {
  const { id } = await givenUp({ kind: "backfill", listedFiles: 7, matched: 7, missing: 7 });
  const sweep = await list();
  expect(await failures()).toEqual([]);
  const [backfill] = await rows(
    at.db,
    sql`select state, listed_files::int as listed, matched::int as matched, missing::int as missing,
      failure_reason as reason, finished_at is not null as ended from walks where id = ${id}`,
  );
  const counted = { listed: 1, matched: 1, missing: 8 };
  expect(backfill).toEqual({ state: "done", ...counted, reason: null, ended: true });
  // The sweep is still what proves the source.
  expect(await newestProof(at.db, at.source)).toMatchObject({ walkId: String(sweep) });
});

test("a backfill of past versions is not done by a sweep, and is asked again where its folder was only away", async () => {
  const all = await seedSource(at.db, at.account, "10", { history: "all" });
  const away = await givenUp({ kind: "backfill", failure: "not_found" }, all);
  const failed = await givenUp({ kind: "backfill" }, all);
  await list({ kind: "sweep", sourceId: all });
  expect(await stateOf(away)).toBe("due");
  expect(await stateOf(failed)).toBe("given_up");
});

test("a backfill whose folder was away is asked again when a signal's walk shows the folder", async () => {
  const backfill = await givenUp({ kind: "backfill", failure: "not_found" });
  await list(bySignal);
  expect(await stateOf(backfill)).toBe("due");
});
