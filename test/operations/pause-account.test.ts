import { sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { Failure } from "../../src/core/failure.ts";
import { accountId } from "../../src/core/ids.ts";
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
import { inboxForEach } from "../support/for-each.ts";
import {
  fileTouched,
  folderTouched,
  queuedJobs,
  seedAccount,
  versionSeen,
} from "../support/seed.ts";

const at = inboxForEach();
beforeEach(() => takePosition(at.db, at.account, "changes", "1"));

const standing = async () => {
  const row = await findAccount(at.db, at.account);
  return { state: row?.state, reason: row?.reason };
};

/** One debt of each kind and a webhook, all due; put off by a refusal when `refused`. */
async function owe(refused = false) {
  const { db } = at;
  await recordChanges(db, {
    accountId: at.account,
    door: "webhook",
    prefix: "",
    news: [versionSeen(), fileTouched("9", { parentId: "10" }), folderTouched("10")],
  });
  await db.insert(webhooks).values({ accountId: at.account, folderId: "10" });
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
  await pauseAccount(at.db, at.account);
  const box = scriptBox();
  const { deps } = workbench(at.db, box);
  const asked = [
    createReconcile(deps)({ accountId: at.account, stream: "changes" }, NEVER),
    createStoreVersion(deps)({ objectId: 1 }, NEVER),
    createSyncFile(deps)({ checkId: 1 }, NEVER),
    createWalkFolder(deps)({ walkId: 1 }, NEVER),
    createKeepWebhooks(deps)({}, NEVER),
    createKeepWebhooks(deps)({ accountId: at.account }, NEVER),
  ];
  expect(new Set((await Promise.all(asked)).map(({ outcome }) => outcome))).toEqual(
    new Set(["idle"]),
  );
  await createReconcile(deps)({}, NEVER);
  expect(await rescue(deps, [])).toMatchObject({ woken: 0 });
  expect(await queuedJobs(at.db)).toEqual([]);
  expect(box.calls).toEqual([]);
  expect(
    await rows(
      at.db,
      sql`select state from objects union all select state from checks
      union all select state from walks order by 1`,
    ),
  ).toEqual([{ state: "due" }, { state: "due" }, { state: "waiting" }]);
});

test("resumed, what waited is due at once, and events and webhooks are looked at", async () => {
  await owe(true);
  await pauseAccount(at.db, at.account, "Box is being moved");
  expect(await standing()).toEqual({ state: "paused", reason: "Box is being moved" });
  await resumeAccount(at.db, at.account);
  expect(await standing()).toEqual({ state: "linked", reason: null });
  const jobs = await queuedJobs(at.db);
  expect(jobs.map(({ task }) => task).sort()).toEqual(["keep_webhooks", "reconcile", "wake_debts"]);
  const { deps } = workbench(at.db, scriptBox());
  expect(await rescue(deps, [])).toMatchObject({ woken: 3 });
});

test("paused twice keeps the first reason and moment, resumed twice wakes nothing again", async () => {
  await pauseAccount(at.db, at.account, "first");
  const before = await findAccount(at.db, at.account);
  await pauseAccount(at.db, at.account, "second");
  expect(await findAccount(at.db, at.account)).toEqual(before);
  await resumeAccount(at.db, at.account);
  await at.db.execute(sql`delete from graphile_worker._private_jobs`);
  expect(await resumeAccount(at.db, at.account)).toBe(true);
  expect(await queuedJobs(at.db)).toEqual([]);
});

test("a pass that succeeds does not end a pause that came meanwhile", async () => {
  await markNeedsRelogin(at.db, at.account, "Box refuses it");
  const box = scriptBox({
    async events(_stream, position) {
      await pauseAccount(at.db, at.account, "Enough");
      return { entries: [], nextPosition: position };
    },
  });
  const { deps } = workbench(at.db, box);
  const outcome = await createReconcile(deps)({ accountId: at.account, stream: "changes" }, NEVER);
  expect(outcome).toMatchObject({ outcome: "done" });
  expect(await standing()).toEqual({ state: "paused", reason: "Enough" });
});

test("a paused account's stream is leased to nobody", async () => {
  await pauseAccount(at.db, at.account);
  const lease = () => leasePosition(at.db, crypto.randomUUID(), at.account, "changes");
  expect(await lease()).toBeUndefined();
  await resumeAccount(at.db, at.account);
  expect(await lease()).toMatchObject({ position: "1" });
});

test("what Box refuses while an account is paused stands beside why it is paused, once", async () => {
  await pauseAccount(at.db, at.account, "Enough");
  await markNeedsRelogin(at.db, at.account, "the login is dead");
  await markNeedsRelogin(at.db, at.account, "the login is dead");
  const reason = "Enough; Box refuses its credentials: the login is dead";
  expect(await standing()).toEqual({ state: "paused", reason });
  await markLinked(at.db, at.account);
  expect(await standing()).toEqual({ state: "paused", reason: "Enough" });
});

test("an account that needs a new login may be paused, keeps why, and learns it anew", async () => {
  await markNeedsRelogin(at.db, at.account, "the login is dead");
  await pauseAccount(at.db, at.account, "Enough");
  const reason = "Enough; Box refuses its credentials: the login is dead";
  expect(await standing()).toEqual({ state: "paused", reason });
  await resumeAccount(at.db, at.account);
  expect((await standing()).state).toBe("linked");
  const refuse = () => Promise.reject(new Failure("unauthorized", "the login is dead"));
  const { deps } = workbench(at.db, scriptBox({ events: refuse }));
  await createReconcile(deps)({ accountId: at.account, stream: "changes" }, NEVER);
  expect(await standing()).toEqual({ state: "needs_relogin", reason: "the login is dead" });
});

test("an account that is not there can be neither paused nor resumed", async () => {
  const nobody = accountId(crypto.randomUUID());
  const deleted = await seedAccount(at.db, { state: "deleted" });
  for (const one of [nobody, deleted])
    for (const act of [pauseAccount, resumeAccount]) expect(await act(at.db, one)).toBe(false);
});

test("a refusal right after credentials were replaced may be of the old ones, and is not believed yet", async () => {
  const { db } = at;
  await db.execute(sql`update accounts set renewed_at = now() - interval '1 s'`);
  await markNeedsRelogin(db, at.account, "the old secret");
  expect((await standing()).state).toBe("linked");
  await db.execute(sql`update accounts set renewed_at = now() - interval '11 s'`);
  await markNeedsRelogin(db, at.account, "the new secret");
  expect(await standing()).toEqual({ state: "needs_relogin", reason: "the new secret" });
});
