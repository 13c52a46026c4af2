import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { BoxClient } from "../../src/box/client.ts";
import { Failure } from "../../src/core/failure.ts";
import { folderId } from "../../src/core/ids.ts";
import { rows } from "../../src/db/open.ts";
import { deleteAccount } from "../../src/operations/delete-account.ts";
import { editSource } from "../../src/operations/edit-source.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { replay } from "../../src/operations/replay.ts";
import { createSource, deleteSource, setPaused } from "../../src/operations/sources.ts";
import { createSecrets } from "../../src/secrets.ts";
import { folderOf, scriptBox } from "../jobs/workbench.ts";
import { accountForEach } from "../support/for-each.ts";
import { owed, queuedJobs, versionSeen, way } from "../support/seed.ts";

const at = accountForEach({ signatureKeys: Buffer.from("sealed") });

const hook = (webhookId: string) => ({
  webhookId,
  folderId: folderId("10"),
  address: `https://l.example/webhooks/box/${at.account}`,
  triggers: [],
});

function house(script: Partial<BoxClient> = {}) {
  const box = scriptBox({
    folder: async (id) => folderOf(id, way("0")),
    events: async () => ({ entries: [], nextPosition: "9223372036854775807" }),
    createWebhook: async (folder, address, triggers) => ({
      webhookId: "77",
      folderId: folder,
      address,
      triggers,
    }),
    webhook: async (id) => hook(id),
    updateWebhook: async ({ webhookId }) => hook(webhookId),
    deleteWebhook: async () => {},
    ...script,
  });
  const boxes = { of: async () => box.client, trial: () => box.client };
  const secrets = createSecrets(new Uint8Array(32));
  const places = [
    { bucket: "lake", prefix: "" },
    { bucket: "archive", prefix: "team/a" },
  ] as const;
  return {
    box,
    deps: { db: at.db, boxes, secrets, webhookBase: "https://l.example", places },
  };
}

const wanted = (name = "Plates", folder = "10") => ({
  accountId: at.account,
  name,
  folderId: folderId(folder),
  include: [],
  exclude: [],
  tags: [],
  metadata: {},
});

const states = async (table: string) =>
  (
    await rows<{ state: string }>(at.db, sql`select state from ${sql.identifier(table)} order by 1`)
  ).map(({ state }) => state);

test("looks at the folder, takes a position, commits, and only then asks for the webhook", async () => {
  const { deps, box } = house({
    createWebhook: async () => {
      expect(await states("sources")).toEqual(["active"]);
      expect(await states("walks")).toEqual(["due"]);
      expect(await states("webhooks")).toEqual(["wanted"]);
      throw new Error("the process died here");
    },
  });
  await expect(createSource(deps, wanted())).rejects.toThrow("died");
  expect(box.calls).toEqual([
    "folder 10",
    "events changes now",
    expect.stringMatching(/^createWebhook 10 https:\/\/l\.example\/webhooks\/box\//),
  ]);
  expect(await rows(at.db, sql`select position from positions`)).toEqual([
    { position: "9223372036854775807" },
  ]);
  expect(await queuedJobs(at.db)).toMatchObject([{ task: "walk_folder", priority: 9 }]);
});

test("a stream that has a position keeps it, and Box is not asked for another", async () => {
  const { deps, box } = house();
  await createSource(deps, wanted("One"));
  await at.db.execute(sql`update positions set position = '5'`);
  await createSource(deps, wanted("Two"));
  expect(box.calls.filter((call) => call.startsWith("events"))).toHaveLength(1);
  expect(await rows(at.db, sql`select position from positions`)).toEqual([{ position: "5" }]);
});

test("a folder that is not to be seen, or a stream without a position, leaves nothing", async () => {
  const blind = house({ folder: async () => undefined });
  await expect(createSource(blind.deps, wanted())).rejects.toMatchObject({ kind: "not_found" });
  const trashed = house({ folder: async (id) => ({ ...folderOf(id, []), trashed: true }) });
  await expect(createSource(trashed.deps, wanted())).rejects.toMatchObject({ kind: "not_found" });
  const mute = house({ events: async () => ({ entries: [], nextPosition: undefined }) });
  await expect(createSource(mute.deps, wanted())).rejects.toMatchObject({ kind: "transient" });
  for (const table of ["sources", "walks", "webhooks"]) expect(await states(table)).toEqual([]);
});

test("names that make one slug get slugs of their own, also at once, also after a deletion", async () => {
  const { deps } = house();
  const names = ["a", "a!", "a?", "a 2", "a-2", "a 3", "A.", "a_2", "a2"];
  const ids = await Promise.all(names.map((name) => createSource(deps, wanted(name))));
  const slugs = async () =>
    (await rows<{ slug: string }>(at.db, sql`select slug from sources`)).map((r) => r.slug);
  expect(new Set(await slugs()).size).toBe(names.length);
  const [first] = ids;
  if (first) await deleteSource(deps, first);
  await createSource(deps, wanted("a"));
  expect(new Set(await slugs()).size).toBe(names.length + 1);
});

test("two sources of one folder share its webhook, which goes with the last", async () => {
  const { deps, box } = house();
  const one = await createSource(deps, wanted("One"));
  const two = await createSource(deps, wanted("Two"));
  expect(await states("webhooks")).toEqual(["registered"]);
  expect(await deleteSource(deps, one)).toBe(true);
  expect(await deleteSource(deps, one)).toBe(false);
  expect(await states("webhooks")).toEqual(["registered"]);
  expect(box.calls.filter((call) => call.startsWith("deleteWebhook"))).toEqual([]);
  await deleteSource(deps, two);
  expect(await states("webhooks")).toEqual([]);
  expect(box.calls.at(-1)).toBe("deleteWebhook 77");
});

test("pausing and resuming twice is once, and nothing brings a deleted source back", async () => {
  const { deps } = house();
  const source = await createSource(deps, wanted());
  for (const paused of [true, true]) expect(await setPaused(deps.db, source, paused)).toBe(true);
  expect(await states("sources")).toEqual(["paused"]);
  for (const paused of [false, false]) await setPaused(deps.db, source, paused);
  expect(await states("sources")).toEqual(["active"]);
  await deleteSource(deps, source);
  expect(await setPaused(deps.db, source, false)).toBe(false);
  expect(await states("sources")).toEqual(["deleted"]);
});

/** A source that is owed five versions, one in every state, and one that is stored and replayed. */
async function sourceInEveryState(deps: ReturnType<typeof house>["deps"]) {
  const source = await createSource(deps, wanted());
  const kinds = ["given_up", "pending", "replayed", "stored", "waiting"];
  await recordChanges(deps.db, {
    accountId: at.account,
    door: "webhook",
    prefix: "",
    news: kinds.map((name, index) =>
      versionSeen({ fileId: String(index + 1), versionId: `${index + 1}00`, name }),
    ),
  });
  await deps.db.execute(sql`
    update objects set state = case path when 'replayed' then 'stored' else path end,
      generation = case when path in ('stored', 'replayed') then '1' end, stored_bytes = 3`);
  const [replayed] = await rows<{ id: string }>(
    deps.db,
    sql`select id from objects where path = 'replayed'`,
  );
  await replay(deps.db, { objectIds: [String(replayed?.id)] }, false);
  return source;
}

const ENDED = [
  "1-100 given_up withdrawn",
  "2-200 pending withdrawn",
  "3-300 replayed stored",
  "4-400 stored stored",
  "5-500 waiting withdrawn",
];

test("a deleted source is owed no more, and what it stored stays, replayed or not", async () => {
  const { deps } = house();
  await deleteSource(deps, await sourceInEveryState(deps));
  expect(await owed(deps.db)).toEqual(ENDED);
  expect(await states("walks")).toEqual(["withdrawn"]);
});

test("a mask that wants nothing withdraws alike, and one that wants it again owes it again", async () => {
  const { deps } = house();
  const source = await sourceInEveryState(deps);
  await editSource(deps.db, source, { include: ["none"] });
  expect(await owed(deps.db)).toEqual(ENDED);
  await editSource(deps.db, source, { include: [] });
  expect(await states("objects")).toEqual(["pending", "pending", "pending", "stored", "stored"]);
});

test("a deleted account loses its secrets, sources, webhooks and debts, though Box is away", async () => {
  const { deps } = house({
    deleteWebhook: () => Promise.reject(new Failure("transient", "Box was away")),
  });
  await sourceInEveryState(deps);
  await deps.db.execute(sql`
    insert into checks (account_id, file_id, reason, door, due_at)
    values (${at.account}::uuid, '1', 'x', 'events', now())`);
  expect(await deleteAccount(deps, at.account)).toMatchObject([
    { what: "webhook", webhookId: "77", reason: "Box was away" },
    { what: "login" },
  ]);
  expect(await deleteAccount(deps, at.account)).toBeUndefined();
  expect(await owed(deps.db)).toEqual(ENDED);
  for (const table of ["webhooks", "checks"])
    expect(await rows(deps.db, sql`select 1 from ${sql.identifier(table)}`)).toEqual([]);
  expect(
    await rows(deps.db, sql`select state, credentials, signature_keys as keys from accounts`),
  ).toEqual([{ state: "deleted", credentials: null, keys: null }]);
});
