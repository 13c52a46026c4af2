import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Failure } from "../../src/core/failure.ts";
import { accountId, type AccountId } from "../../src/core/ids.ts";
import { findAccount, markLinked, markNeedsRelogin } from "../../src/db/accounts.ts";
import { rows } from "../../src/db/open.ts";
import { leasePosition, takePosition } from "../../src/db/positions.ts";
import { webhooks } from "../../src/db/schema.ts";
import { createKeepWebhooks } from "../../src/jobs/keep-webhooks.ts";
import { createReconcile } from "../../src/jobs/reconcile.ts";
import { rescue } from "../../src/jobs/rescue.ts";
import { createStoreVersion } from "../../src/jobs/store-version.ts";
import { createSyncFile } from "../../src/jobs/sync-file.ts";
import { createWalkFolder } from "../../src/jobs/walk-folder.ts";
import { pauseAccount, resumeAccount } from "../../src/operations/pause-account.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { NEVER, scriptBox, workbench } from "../jobs/workbench.ts";
import { cloneDatabase } from "../support/database.ts";
import {
  fileTouched,
  folderTouched,
  queuedJobs,
  seedAccount,
  seedSource,
  versionSeen,
  wipe,
} from "../support/seed.ts";

let database: Awaited<ReturnType<typeof cloneDatabase>>;
let account: AccountId;

beforeAll(async () => {
  database = await cloneDatabase();
  account = await seedAccount(database.db);
  await seedSource(database.db, account, "10");
});
beforeEach(async () => {
  await wipe(database.db);
  await database.db.execute(sql`update accounts set state = 'linked', reason = null`);
  await takePosition(database.db, account, "changes", "1");
});
afterAll(() => database.close());

const standing = async () => {
  const row = await findAccount(database.db, account);
  return { state: row?.state, reason: row?.reason };
};

/** One debt of each kind and a webhook, all due; put off by a refusal when `refused`. */
async function owe(refused = false) {
  const { db } = database;
  await recordChanges(db, {
    accountId: account,
    door: "webhook",
    prefix: "",
    news: [versionSeen(), fileTouched("9", { parentId: "10" }), folderTouched("10")],
  });
  await db.insert(webhooks).values({ accountId: account, folderId: "10" });
  const [failure, dueAt] = refused
    ? [sql`'unauthorized'`, sql`now() + interval '1 hour'`]
    : [sql`null`, sql`now()`];
  await db.execute(
    sql`update objects set due_at = ${dueAt}, failure = ${failure}, state = 'waiting'`,
  );
  for (const table of ["checks", "walks"])
    await db.execute(
      sql`update ${sql.identifier(table)} set due_at = ${dueAt}, failure = ${failure}`,
    );
  await db.execute(sql`delete from graphile_worker._private_jobs`);
}

test("nothing is asked of Box while an account is paused, and nothing is given up", async () => {
  await owe();
  await pauseAccount(database.db, account);
  const box = scriptBox();
  const { deps } = workbench(database.db, box);
  const asked = [
    createReconcile(deps)({ accountId: account, stream: "changes" }, NEVER),
    createStoreVersion(deps)({ objectId: 1 }, NEVER),
    createSyncFile(deps)({ checkId: 1 }, NEVER),
    createWalkFolder(deps)({ walkId: 1 }, NEVER),
    createKeepWebhooks(deps)({}, NEVER),
    createKeepWebhooks(deps)({ accountId: account }, NEVER),
  ];
  expect(new Set((await Promise.all(asked)).map(({ outcome }) => outcome))).toEqual(
    new Set(["idle"]),
  );
  await createReconcile(deps)({}, NEVER);
  expect(await rescue(deps, [])).toMatchObject({ woken: 0 });
  expect(await queuedJobs(database.db)).toEqual([]);
  expect(box.calls).toEqual([]);
  expect(
    await rows(
      database.db,
      sql`select state from objects union all select state from checks
      union all select state from walks order by 1`,
    ),
  ).toEqual([{ state: "due" }, { state: "due" }, { state: "waiting" }]);
});

test("resumed, what waited is due at once, and events and webhooks are looked at", async () => {
  await owe(true);
  await pauseAccount(database.db, account, "Box is being moved");
  expect(await standing()).toEqual({ state: "paused", reason: "Box is being moved" });
  await resumeAccount(database.db, account);
  expect(await standing()).toEqual({ state: "linked", reason: null });
  const jobs = await queuedJobs(database.db);
  expect(jobs.map(({ task }) => task).sort()).toEqual(["keep_webhooks", "reconcile", "wake_debts"]);
  const { deps } = workbench(database.db, scriptBox());
  expect(await rescue(deps, [])).toMatchObject({ woken: 3 });
});

test("paused twice keeps the first reason and moment, resumed twice wakes nothing again", async () => {
  await pauseAccount(database.db, account, "first");
  const before = await findAccount(database.db, account);
  await pauseAccount(database.db, account, "second");
  expect(await findAccount(database.db, account)).toEqual(before);
  await resumeAccount(database.db, account);
  await database.db.execute(sql`delete from graphile_worker._private_jobs`);
  expect(await resumeAccount(database.db, account)).toBe(true);
  expect(await queuedJobs(database.db)).toEqual([]);
});

test("a pass that succeeds does not end a pause that came meanwhile", async () => {
  await markNeedsRelogin(database.db, account, "Box refuses it");
  const box = scriptBox({
    async events(_stream, position) {
      await pauseAccount(database.db, account, "Enough");
      return { entries: [], nextPosition: position };
    },
  });
  const { deps } = workbench(database.db, box);
  const outcome = await createReconcile(deps)({ accountId: account, stream: "changes" }, NEVER);
  expect(outcome).toMatchObject({ outcome: "done" });
  expect(await standing()).toEqual({ state: "paused", reason: "Enough" });
});

test("a paused account's stream is leased to nobody", async () => {
  await pauseAccount(database.db, account);
  const lease = () => leasePosition(database.db, crypto.randomUUID(), account, "changes");
  expect(await lease()).toBeUndefined();
  await resumeAccount(database.db, account);
  expect(await lease()).toMatchObject({ position: "1" });
});

test("what Box refuses while an account is paused stands beside why it is paused, once", async () => {
  await pauseAccount(database.db, account, "Enough");
  await markNeedsRelogin(database.db, account, "the login is dead");
  await markNeedsRelogin(database.db, account, "the login is dead");
  const reason = "Enough; Box refuses its credentials: the login is dead";
  expect(await standing()).toEqual({ state: "paused", reason });
  await markLinked(database.db, account);
  expect(await standing()).toEqual({ state: "paused", reason: "Enough" });
});

test("an account that needs a new login may be paused, keeps why, and learns it anew", async () => {
  await markNeedsRelogin(database.db, account, "the login is dead");
  await pauseAccount(database.db, account, "Enough");
  const reason = "Enough; Box refuses its credentials: the login is dead";
  expect(await standing()).toEqual({ state: "paused", reason });
  await resumeAccount(database.db, account);
  expect((await standing()).state).toBe("linked");
  const refuse = () => Promise.reject(new Failure("unauthorized", "the login is dead"));
  const { deps } = workbench(database.db, scriptBox({ events: refuse }));
  await createReconcile(deps)({ accountId: account, stream: "changes" }, NEVER);
  expect(await standing()).toEqual({ state: "needs_relogin", reason: "the login is dead" });
});

test("an account that is not there can be neither paused nor resumed", async () => {
  const nobody = accountId(crypto.randomUUID());
  const deleted = await seedAccount(database.db, { state: "deleted" });
  for (const one of [nobody, deleted])
    for (const act of [pauseAccount, resumeAccount])
      expect(await act(database.db, one)).toBe(false);
});

test("a refusal right after credentials were replaced may be of the old ones, and is not believed yet", async () => {
  const { db } = database;
  await db.execute(sql`update accounts set renewed_at = now() - interval '1 s'`);
  await markNeedsRelogin(db, account, "the old secret");
  expect((await standing()).state).toBe("linked");
  await db.execute(sql`update accounts set renewed_at = now() - interval '11 s'`);
  await markNeedsRelogin(db, account, "the new secret");
  expect(await standing()).toEqual({ state: "needs_relogin", reason: "the new secret" });
});
