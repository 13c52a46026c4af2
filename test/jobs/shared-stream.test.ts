import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { BoxClient, BoxIdentity, EventsPage } from "../../src/box/client.ts";
import { Failure } from "../../src/core/failure.ts";
import type { AccountId } from "../../src/core/ids.ts";
import type { EventStream } from "../../src/core/streams.ts";
import { rows } from "../../src/db/open.ts";
import { takePosition } from "../../src/db/positions.ts";
import { createChooseStreams } from "../../src/jobs/choose-streams.ts";
import { createReconcile } from "../../src/jobs/reconcile.ts";
import { sealCredentials } from "../../src/operations/kept-credentials.ts";
import { databaseForEach } from "../support/for-each.ts";
import { queuedJobs, seedAccount, seedSource, way } from "../support/seed.ts";
import { folderOf, NEVER, scriptBox, workbench } from "./workbench.ts";

const ENTERPRISE = "admin_logs_streaming";

const at = databaseForEach();

/** An account of the enterprise with a source of its own folder, unless said otherwise. */
async function member(
  folder: string | undefined,
  rest: Parameters<typeof seedAccount>[1] & { isExternal?: boolean | null } = {},
) {
  const { isExternal = false, ...own } = rest;
  const account = await seedAccount(at.db, {
    stream: ENTERPRISE,
    boxEnterpriseId: "5",
    authKind: "ccg",
    ...own,
  });
  if (folder) await seedSource(at.db, account, folder, { isExternal });
  return account;
}

/** An upload as the enterprise's stream tells it: ids alone. */
const upload = (file: string, parent: string) => ({
  event_id: `event-${file}`,
  event_type: "UPLOAD",
  created_at: "2026-05-01T12:00:00Z",
  source: {
    item_type: "file",
    item_id: file,
    item_name: `${file}.csv`,
    parent: { type: "folder", id: parent, name: "Inbox" },
  },
});

type Pages = Partial<Record<EventStream, Record<string, EventsPage>>>;

/** Streams that answer pages by the position they are asked for; their newest position is 100. */
function house(pages: Pages = {}, script: Partial<BoxClient> = {}) {
  const box = scriptBox({
    events: async (stream, position) =>
      pages[stream]?.[position] ?? {
        entries: [],
        nextPosition: position === "now" ? "100" : position,
      },
    folder: async (id) => ({ ...folderOf(id, way("0")), isExternal: true }),
    ...script,
  });
  const bench = workbench(at.db, box);
  const reconcile = createReconcile(bench.deps);
  return {
    ...bench,
    box,
    /** A whole minute: the plan, and the passes that it wakes. */
    async minute() {
      box.calls.length = 0;
      await at.db.execute(sql`delete from graphile_worker._private_jobs`);
      await reconcile({}, NEVER);
      const passes = (await queuedJobs(at.db)).filter(({ task }) => task === "reconcile");
      for (const { payload } of passes) await reconcile(payload, NEVER);
      return box.calls.filter((call) => call.startsWith("events"));
    },
    chooseStreams: () => createChooseStreams(bench.deps)({}, NEVER),
  };
}

const positions = async () =>
  rows<{ accountId: AccountId; stream: EventStream; position: string }>(
    at.db,
    sql`select account_id as "accountId", stream, position from positions order by stream`,
  );

const checked = async () =>
  (
    await rows<{ line: string }>(
      at.db,
      sql`select account_id || ' ' || file_id as line from checks order by 1`,
    )
  ).map(({ line }) => line);

const walked = async () =>
  (
    await rows<{ line: string }>(
      at.db,
      sql`select kind || ' ' || folder_id as line from walks order by id`,
    )
  ).map(({ line }) => line);

const accountOf = async (id: AccountId) => {
  const [row] = await rows<{ stream: string; reason: string | null; state: string }>(
    at.db,
    sql`select stream, reason, state from accounts where id = ${id}::uuid`,
  );
  return row;
};

test("an idle minute costs one call a stream, however many accounts and sources there are", async () => {
  const reader = await member("10");
  await takePosition(at.db, reader, ENTERPRISE, "1");
  for (const folder of ["11", "12", undefined]) {
    const other = await member(folder);
    if (folder) await seedSource(at.db, other, "13", { isExternal: false });
  }
  expect(await house().minute()).toEqual([`events ${ENTERPRISE} 1`]);
});

test("what the reader is told is recorded for every account of its enterprise, and for no other", async () => {
  const reader = await member("10");
  const second = await member("11");
  await member(undefined);
  const foreign = await member("11", { boxEnterpriseId: "6" });
  await takePosition(at.db, reader, ENTERPRISE, "1");
  await takePosition(at.db, foreign, ENTERPRISE, "50");
  const page = { entries: [upload("7", "11")], nextPosition: "2" };
  await house({ [ENTERPRISE]: { "1": page } }).minute();
  expect(await checked()).toEqual([reader, second].map((account) => `${account} 7`).toSorted());
});

test.each(["paused", "deleted", "needs_relogin"] as const)(
  "when the reader is %s another goes on from the same position, and nothing is skipped",
  async (state) => {
    const reader = await member("10");
    const second = await member("11");
    await takePosition(at.db, reader, ENTERPRISE, "9223372036854775807");
    await at.db.execute(sql`update accounts set state = ${state} where id = ${reader}::uuid`);
    const page = { entries: [upload("7", "11")], nextPosition: "9223372036854775809" };
    const scene = house({ [ENTERPRISE]: { "9223372036854775807": page } });
    await scene.minute();
    expect(await positions()).toEqual([
      { accountId: second, stream: ENTERPRISE, position: "9223372036854775809" },
    ]);
    expect(await checked()).toContain(`${second} 7`);
  },
);

test("an account that Box refuses is linked again the day it does not, though another reads for it", async () => {
  const reader = await member("10");
  const refused = await member("11", { state: "needs_relogin" });
  await takePosition(at.db, reader, ENTERPRISE, "7");
  const scene = house({}, { whoAmI: async () => ({ userId: "1" }) as BoxIdentity });
  expect(await scene.minute()).toEqual([`events ${ENTERPRISE} 7`]);
  const [account] = await rows<{ state: string }>(
    at.db,
    sql`select state from accounts where id = ${refused}::uuid`,
  );
  expect(account?.state).toBe("linked");
  expect(await positions()).toMatchObject([{ accountId: reader }]);
});

test("a pass that loses its stream to another account in the middle moves nothing", async () => {
  const reader = await member("10");
  const second = await member("11");
  await takePosition(at.db, reader, ENTERPRISE, "1");
  const scene = house();
  scene.box.answers.events = async () => {
    await at.db.execute(sql`update accounts set state = 'paused' where id = ${reader}::uuid`);
    await createReconcile(scene.deps)({}, NEVER);
    return { entries: [upload("7", "11")], nextPosition: "2" };
  };
  const outcome = await createReconcile(scene.deps)(
    { accountId: reader, stream: ENTERPRISE },
    NEVER,
  );
  expect(outcome).toMatchObject({ outcome: "set_back", failure: { kind: "stopped" } });
  expect(await positions()).toEqual([{ accountId: second, stream: ENTERPRISE, position: "1" }]);
  expect(await checked()).toEqual([]);
});

test("a folder that turns out to be another enterprise's has the user's own stream read, after a walk", async () => {
  const account = await member("10", { isExternal: null });
  await seedSource(at.db, account, "11", { isExternal: false });
  await takePosition(at.db, account, ENTERPRISE, "1");
  const scene = house();
  expect(await scene.minute()).toEqual(["events changes now", `events ${ENTERPRISE} 1`]);
  expect(await positions()).toMatchObject([
    { stream: ENTERPRISE, position: "1" },
    { stream: "changes", position: "100" },
  ]);
  expect(await walked()).toEqual(["gap 10"]);
  expect(await rows(at.db, sql`select 1 from incidents`)).toEqual([]);
  expect(await scene.minute()).toEqual(["events changes 100", `events ${ENTERPRISE} 1`]);

  await at.db.execute(sql`update sources set is_external = false`);
  expect(await scene.minute()).toEqual([`events ${ENTERPRISE} 1`]);
  expect(await positions()).toMatchObject([{ stream: ENTERPRISE }]);
});

test("a folder of unknown ownership that is the enterprise's own costs one look, and no second stream", async () => {
  const account = await member("10", { isExternal: null });
  await takePosition(at.db, account, ENTERPRISE, "1");
  const own = async (id: Parameters<BoxClient["folder"]>[0]) => ({
    ...folderOf(id, way("0")),
    isExternal: false,
  });
  const scene = house({}, { folder: own });
  await scene.minute();
  expect(scene.box.calls).toEqual(["folder 10", `events ${ENTERPRISE} 1`]);
  await scene.minute();
  expect(scene.box.calls).toEqual([`events ${ENTERPRISE} 1`]);
  expect(await walked()).toEqual([]);
});

test("an account whose scope is taken away reads its own events, says why, and its sources are walked", async () => {
  const account = await member("10");
  const second = await member("11");
  await takePosition(at.db, account, ENTERPRISE, "1");
  const scene = house();
  const answer = scene.box.answers.events!;
  scene.box.answers.events = async (stream, position) => {
    if (stream === ENTERPRISE) throw new Failure("forbidden", "Box says 403");
    return answer(stream, position);
  };
  await createReconcile(scene.deps)({ accountId: account, stream: ENTERPRISE }, NEVER);
  expect(await accountOf(account)).toMatchObject({
    stream: "changes",
    state: "linked",
    reason: expect.stringContaining("may not read enterprise events"),
  });
  expect(await walked()).toEqual(["gap 10"]);
  expect(
    await rows(at.db, sql`select kind, subject from incidents where closed_at is null`),
  ).toEqual([{ kind: "gap_reproved", subject: `${account}/changes` }]);

  scene.box.answers.events = answer;
  expect(await scene.minute()).toEqual(["events changes 100", `events ${ENTERPRISE} 1`]);
  expect(await positions()).toEqual([
    { accountId: second, stream: ENTERPRISE, position: "1" },
    { accountId: account, stream: "changes", position: "100" },
  ]);
});

test("an account that may read neither stream stays where it is, and its row says what Box said", async () => {
  const account = await member("10");
  await takePosition(at.db, account, ENTERPRISE, "1");
  const scene = house();
  scene.box.answers.events = () => Promise.reject(new Failure("forbidden", "Box says 403"));
  await scene.minute();
  expect(await accountOf(account)).toMatchObject({ stream: ENTERPRISE, reason: null });
  expect(await rows(at.db, sql`select attempts, failure from positions`)).toEqual([
    { attempts: 1, failure: "forbidden" },
  ]);
});

test("once the scope is back the enterprise's events are read again, and the sources walked", async () => {
  const account = await member("10", { stream: "changes", reason: "no scope" });
  const user = await member("11", { stream: "changes", boxEnterpriseId: "6" });
  await takePosition(at.db, account, "changes", "1");
  const scene = house();
  const app = { kind: "ccg", clientId: "app", clientSecret: "secret", subjectId: "1" } as const;
  const seal = (id: AccountId, subject: "enterprise" | "user") =>
    sealCredentials(scene.deps.secrets, { ...app, subject }, id);
  for (const [id, subject] of [
    [account, "enterprise"],
    [user, "user"],
  ] as const)
    await at.db.execute(
      sql`update accounts set credentials = ${seal(id, subject)} where id = ${id}::uuid`,
    );

  const answer = scene.box.answers.events!;
  scene.box.answers.events = () => Promise.reject(new Failure("forbidden", "Box says 403"));
  expect(await scene.chooseStreams()).toMatchObject({ fields: { accounts: 1, returned: 0 } });
  expect(await accountOf(account)).toMatchObject({ stream: "changes", reason: "no scope" });

  scene.box.answers.events = answer;
  expect(await scene.chooseStreams()).toMatchObject({ fields: { accounts: 1, returned: 1 } });
  expect(await accountOf(account)).toMatchObject({ stream: ENTERPRISE, reason: null });
  expect(await accountOf(user)).toMatchObject({ stream: "changes" });
  expect(await walked()).toEqual(["gap 10"]);
  await scene.minute();
  expect(await positions()).toContainEqual({
    accountId: account,
    stream: ENTERPRISE,
    position: "100",
  });
  expect(await positions()).not.toContainEqual(
    expect.objectContaining({ accountId: account, stream: "changes" }),
  );
});
