import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { folderId } from "../../src/core/ids.ts";
import { rows } from "../../src/db/open.ts";
import { takePosition } from "../../src/db/positions.ts";
import { testAccount } from "../../src/operations/accounts.ts";
import { createSource } from "../../src/operations/sources.ts";
import { createSecrets } from "../../src/secrets.ts";
import { folderOf, scriptBox } from "../jobs/workbench.ts";
import { databaseForEach } from "../support/for-each.ts";
import { queuedJobs, seedAccount, way } from "../support/seed.ts";

const at = databaseForEach();

const PLACES = [{ bucket: "lake", prefix: "" }] as const;

function house(isExternal: boolean | undefined) {
  const box = scriptBox({
    folder: async (id) => ({ ...folderOf(id, way("0")), isExternal }),
    events: async () => ({ entries: [], nextPosition: "42" }),
  });
  const boxes = { of: async () => box.client, trial: () => box.client };
  return { box, deps: { db: at.db, boxes, webhookBase: undefined, places: PLACES } };
}

const enterprise = (id = "5") =>
  seedAccount(at.db, { stream: "admin_logs_streaming", boxEnterpriseId: id });

const wanted = (accountId: Awaited<ReturnType<typeof enterprise>>, name: string) => ({
  accountId,
  name,
  folderId: folderId("10"),
  include: [],
  exclude: [],
  tags: [],
  metadata: {},
});

const positions = async () =>
  (await rows<{ stream: string }>(at.db, sql`select stream from positions order by stream`)).map(
    ({ stream }) => stream,
  );

test("a source of the enterprise's folder takes a position of its stream alone", async () => {
  await createSource(house(false).deps, wanted(await enterprise(), "One"));
  expect(await positions()).toEqual(["admin_logs_streaming"]);
});

test("a first position that another registration has taken meanwhile stands", async () => {
  const account = await enterprise();
  await takePosition(at.db, account, "changes", "41");
  await takePosition(at.db, account, "changes", "42");
  const kept = await rows(at.db, sql`select position from positions`);
  expect(kept).toEqual([{ position: "41" }]);
});

test.each([[true], [undefined]])(
  "a source whose folder's ownership outside is %s takes one of the user's own too, before it is committed",
  async (isExternal) => {
    const { deps, box } = house(isExternal);
    await createSource(deps, wanted(await enterprise(), "One"));
    expect(await positions()).toEqual(["admin_logs_streaming", "changes"]);
    expect(box.calls).toEqual([
      "folder 10",
      "events admin_logs_streaming now",
      "events changes now",
    ]);
    expect(await rows(at.db, sql`select is_external as external from sources`)).toEqual([
      { external: isExternal ?? null },
    ]);
  },
);

test("a second account of the enterprise needs no position of its own, one of another does", async () => {
  const { deps, box } = house(false);
  await createSource(deps, wanted(await enterprise(), "One"));
  await createSource(deps, wanted(await enterprise(), "Two"));
  expect(await positions()).toHaveLength(1);
  await createSource(deps, wanted(await enterprise("6"), "Three"));
  expect(await positions()).toHaveLength(2);
  expect(box.calls.filter((call) => call.startsWith("events"))).toHaveLength(2);
});

test("a test of an account asks whether it may read its enterprise's events by now", async () => {
  const account = await seedAccount(at.db, { reason: "no scope" });
  const { box, deps } = house(false);
  box.answers.whoAmI = async () => ({
    userId: "1",
    login: undefined,
    name: undefined,
    enterpriseId: "5",
  });
  await testAccount({ ...deps, secrets: createSecrets(new Uint8Array(32)) }, account);
  expect(await queuedJobs(at.db)).toMatchObject([
    { task: "choose_streams", payload: { accountId: account } },
  ]);
});
