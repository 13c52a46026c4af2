import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { AccountId } from "../../src/core/ids.ts";
import type { EventStream } from "../../src/core/streams.ts";
import { rows } from "../../src/db/open.ts";
import { takePosition } from "../../src/db/positions.ts";
import { createReconcile } from "../../src/jobs/reconcile.ts";
import { databaseForEach } from "../support/for-each.ts";
import { queuedJobs, seedAccount, seedSource, wipe } from "../support/seed.ts";
import { NEVER, scriptBox, workbench } from "./workbench.ts";

const at = databaseForEach();

/** An account with one source, whose stream is read. */
async function reader(stream: EventStream) {
  const rest = { stream, boxUserId: "17", boxEnterpriseId: "500" };
  const account = await seedAccount(at.db, rest);
  await seedSource(at.db, account, "10", { isExternal: false });
  await takePosition(at.db, account, stream, "1");
  return account;
}

let lastEvent = 0;
const added = (rest: object = {}) => ({
  event_id: `e${++lastEvent}`,
  event_type: "GROUP_ADD_USER",
  source: { type: "group", id: "900" },
  created_by: { type: "user", id: "17" },
  ...rest,
});

async function read(account: AccountId, stream: EventStream, entries: object[]) {
  const box = scriptBox({
    events: async (_stream, at) => ({ entries: at === "1" ? entries : [], nextPosition: "2" }),
  });
  const { deps } = workbench(at.db, box);
  await at.db.execute(sql`update positions set position = '1'`);
  await createReconcile(deps)({ accountId: account, stream }, NEVER);
}

const walks = () =>
  rows<{ folder: string; asked: number }>(
    at.db,
    sql`select folder_id as folder, asked from walks where kind = 'gap' order by 1`,
  );

const OURS = [{ accessible_by: { type: "user", id: "17" } }, { source: { user_id: "17" } }];
const ANOTHERS = [{ source: { type: "user", id: "18" } }];

test.each(["changes", "admin_logs_streaming"] as const)(
  "in %s, a user's being added to a group has the user's sources walked in full, another's has not",
  async (stream) => {
    const account = await reader(stream);
    await read(account, stream, ANOTHERS.map(added));
    expect(await walks()).toEqual([]);
    for (const one of OURS) await read(account, stream, [added(one)]);
    expect(await walks()).toEqual([{ folder: "10", asked: 2 }]);
    const jobs = await queuedJobs(at.db);
    expect(jobs.map(({ task }) => task)).toEqual(["walk_folder", "walk_folder"]);
  },
);

test("an event that names nobody means the user whose own stream it is in, and nobody in an enterprise's", async () => {
  await read(await reader("changes"), "changes", [added(), added()]);
  expect(await walks()).toEqual([{ folder: "10", asked: 1 }]);
  await wipe(at.db);
  await read(await reader("admin_logs_streaming"), "admin_logs_streaming", [added()]);
  expect(await walks()).toEqual([]);
});
