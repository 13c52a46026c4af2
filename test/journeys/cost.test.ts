import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBoxClient } from "../../src/box/open-client.ts";
import { beat } from "../../src/db/workers.ts";
import { createHeldLeases } from "../../src/jobs/held-leases.ts";
import { createReconcile } from "../../src/jobs/reconcile.ts";
import { createLog } from "../../src/log.ts";
import { eventually } from "../support/eventually.ts";
import { type House, openHouse, PREFIX } from "../support/house.ts";

/** Calls that Box counts: neither its content hosts nor requests for a token are among them. */
function spent({ box }: House) {
  const { token: _, download: __, ...calls } = box.calls.byKind();
  return calls;
}

const landed = (house: House, part: string, times = 1) =>
  eventually(`${part} has landed`, async () => {
    const found = (await house.landed()).filter(({ name }) => name.includes(part));
    return found.length === times;
  });

/** Files that are still to be looked at, now or later. */
const checksDue = async ({ db }: House) =>
  (await db.execute("select id from checks where state = 'due'")).length;

async function backfilled(house: House, sourceId: string) {
  await eventually("the backfill is done", async () => {
    const path = `/api/sources/${sourceId}`;
    const { backfill } = await house.api<{ backfill: { state: string } }>("GET", path);
    return backfill.state === "done";
  });
}

/** One pass over the account's stream, made here rather than by the clock. */
async function pass(house: House, accountId: string, subject: "enterprise" | "user") {
  const { clientId, clientSecret, enterpriseId, userId } = house.box.ccg;
  const subjectId = subject === "user" ? userId : enterpriseId;
  const credentials = { kind: "ccg", clientId, clientSecret, subject, subjectId } as const;
  const log = createLog("silent", { write: () => {} });
  const client = openBoxClient({ endpoints: house.config.box, credentials, log });
  const boxes = { of: () => Promise.resolve(client), trial: () => client };
  const worker = randomUUID();
  await beat(house.db, worker, []);
  const reconcile = createReconcile({
    db: house.db,
    boxes,
    worker,
    held: createHeldLeases(),
    log,
    prefix: PREFIX,
    countOddEvents: () => {},
  });
  const stream = subject === "user" ? "changes" : "admin_logs_streaming";
  await eventually("a pass of ours was made, none of the clock's being under way", async () => {
    const { outcome } = await reconcile({ accountId, stream }, new AbortController().signal);
    return outcome === "done";
  });
}

async function open(subject: "enterprise" | "user") {
  const house = await openHouse({ roles: ["web"] });
  const worker = await house.start("worker");
  const folder = async (name: string) => {
    const { id } = await house.box.account.createFolder({ parentId: "0", name });
    const share = { type: "folder", id, userId: house.box.ccg.userId, role: "viewer" } as const;
    if (subject === "user") await house.box.account.collaborate(share);
    return id;
  };
  const inbox = await folder("Inbox");
  const account = (await house.linkAccount("Lab", subject)).id;
  await backfilled(house, (await house.addSource(account, inbox)).id);
  await house.box.idle();
  return { house, worker, folder, inbox, account };
}

describe("in Box calls", () => {
  let scene: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    scene = await open("user");
  });
  afterAll(() => scene.house.close());

  it("a file's first version by webhook costs its content alone", async () => {
    const { house, inbox } = scene;
    house.box.calls.reset();
    await house.box.account.upload({ parentId: inbox, name: "first.csv", bytes: "first" });
    await landed(house, "first.csv");
    const { events: _, ...calls } = spent(house);
    expect(calls).toEqual({ content: 1 });
    expect(await checksDue(house)).toBe(0);
  });

  it("a burst of saves costs the content of each version, and one look of two calls", async () => {
    const { house, inbox } = scene;
    const place = { parentId: inbox, name: "burst.csv", bytes: "one" };
    const { file } = await house.box.account.upload(place);
    await landed(house, "burst.csv");
    house.box.calls.reset();
    for (const bytes of ["two", "three", "four"])
      await house.box.account.uploadVersion({ fileId: file.id, bytes });
    await landed(house, "burst.csv", 4);
    await eventually("the look was had", async () => (await checksDue(house)) === 0);
    const { events: _, ...calls } = spent(house);
    expect(calls).toEqual({ content: 3, file: 1, file_versions: 1 });
  });

  it("a backfill costs one call a thousand files, and the content of each that is wanted", async () => {
    const { house, account, folder } = scene;
    const archive = await folder("Archive");
    for (let n = 0; n < 1001; n++)
      await house.box.account.upload({
        parentId: archive,
        name: `${n}.${n % 500 === 0 ? "csv" : "tmp"}`,
        bytes: String(n),
      });
    await house.box.idle();
    house.box.calls.reset();
    const rest = { name: "Archive", include: ["**/*.csv"] };
    await backfilled(house, (await house.addSource(account, archive, rest)).id);
    await landed(house, "/archive/", 3);
    const { events: _, ...calls } = spent(house);
    // Registering looks at the folder and makes its webhook; the walk reads the way down once.
    expect(calls).toEqual({ folder: 2, webhooks: 1, folder_items: 2, content: 3 });
  });
});

describe.each(["user", "enterprise"] as const)("in the %s's events", (subject) => {
  let scene: Awaited<ReturnType<typeof open>>;
  let elsewhere: string;
  beforeAll(async () => {
    scene = await open(subject);
    elsewhere = await scene.folder("Elsewhere");
    await scene.folder("Second");
  });
  afterAll(() => scene.house.close());

  it("one that names a recorded version costs nothing", async () => {
    const { house, inbox, account } = scene;
    await house.box.account.upload({ parentId: inbox, name: "known.csv", bytes: "known" });
    await landed(house, "known.csv");
    await pass(house, account, subject);
    await eventually("nothing is left to look at", async () => (await checksDue(house)) === 0);
    await house.box.account.upload({ parentId: inbox, name: "again.csv", bytes: "again" });
    await landed(house, "again.csv");
    house.box.calls.reset();
    await pass(house, account, subject);
    const { events = 0, ...calls } = spent(house);
    expect(events).toBeGreaterThan(0);
    expect(calls).toEqual({});
    expect(await checksDue(house)).toBe(0);
  });

  it("one outside all sources costs nothing once its folder is known", async () => {
    const { house, account } = scene;
    await house.box.account.upload({ parentId: elsewhere, name: "prime.csv", bytes: "prime" });
    await pass(house, account, subject);
    await eventually("its folder is known", async () => (await checksDue(house)) === 0);
    await house.box.account.upload({ parentId: elsewhere, name: "other.csv", bytes: "other" });
    house.box.calls.reset();
    await pass(house, account, subject);
    const { events = 0, ...calls } = spent(house);
    expect(events).toBeGreaterThan(0);
    expect(calls).toEqual({});
    expect(await checksDue(house)).toBe(0);
  });

  it("a minute without any costs one call, however many sources", async () => {
    const { house, account, worker } = scene;
    const second = house.box.account.at("Second");
    const source = await house.addSource(account, String(second?.id), { name: "Second" });
    await backfilled(house, source.id);
    await pass(house, account, subject);
    await eventually("nothing is left to look at", async () => (await checksDue(house)) === 0);
    await house.stop(worker);
    house.box.calls.reset();
    await pass(house, account, subject);
    expect(spent(house)).toEqual({ events: 1 });
    scene.worker = await house.start("worker");
  });
});
