import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { accountId } from "../../src/core/ids.ts";
import { rows } from "../../src/db/open.ts";
import { createWebhookDoor } from "../../src/http/webhooks.ts";
import { createLog } from "../../src/log.ts";
import { createMetrics } from "../../src/metrics.ts";
import { signatureKeysPlace } from "../../src/operations/secret-places.ts";
import { createSecrets } from "../../src/secrets.ts";
import { fixtureText } from "../box/fixtures.ts";
import { databaseForEach } from "../support/for-each.ts";
import { counts, owed, seedAccount, seedSource } from "../support/seed.ts";

const KEYS = { primary: "the primary key", secondary: "the secondary key" };
/** A new file in folder 300002, below the source's. */
const UPLOADED = fixtureText("delivery-file-uploaded");
const OWED = "400001-500001 Plates 96/plate 7 – München.csv pending";

const at = databaseForEach(async (db) => {
  const secrets = createSecrets(randomBytes(32));
  const account: string = randomUUID();
  const signatureKeys = secrets.seal(KEYS, signatureKeysPlace(account));
  await seedAccount(db, { id: account, signatureKeys });
  await seedSource(db, accountId(account), "300001");
  // The door has no way to Box among its parts: it can ask it nothing.
  const log = createLog("silent");
  const door = createWebhookDoor({ db, secrets, log, metrics: createMetrics(), prefix: "landed" });
  return { account, door };
});

/** A request as Box signs it; each has a delivery id of its own. */
function signed(body: string, keys = KEYS): RequestInit & { headers: Record<string, string> } {
  const timestamp = new Date().toISOString();
  const sign = (key: string) =>
    createHmac("sha256", key).update(body).update(timestamp).digest("base64");
  const headers = {
    "box-delivery-id": randomUUID(),
    "box-delivery-timestamp": timestamp,
    "box-signature-version": "1",
    "box-signature-algorithm": "HmacSHA256",
    "box-signature-primary": sign(keys.primary),
    "box-signature-secondary": sign(keys.secondary),
  };
  return { method: "POST", headers, body };
}
const knock = async (request: RequestInit, account = at.account) =>
  (await at.door.request(`/${account}`, request)).status;

const kept = () =>
  rows<Record<string, unknown>>(
    at.db,
    sql`select trigger, outcome, note, convert_from(body, 'UTF8') as body from deliveries order by id`,
  );

/** The upload with something else in its place. */
const instead = (rest: object) =>
  JSON.stringify({ ...(JSON.parse(UPLOADED) as object), id: randomUUID(), ...rest });

test("what Box signed is kept, with the debt that follows from it, before it is acknowledged", async () => {
  expect(await knock(signed(UPLOADED))).toBe(204);
  expect(await kept()).toMatchObject([
    { trigger: "FILE.UPLOADED", outcome: "recorded", body: UPLOADED },
  ]);
  expect(await owed(at.db)).toEqual([OWED]);
  expect(await counts(at.db)).toMatchObject({ versions: 1, objects: 1, jobs: 1 });
});

test("a signed delivery that is played again, or that Box sends again, changes nothing", async () => {
  const first = signed(UPLOADED);
  expect(await knock(first)).toBe(204);
  const before = await counts(at.db);
  expect(await knock(first)).toBe(204);
  expect(await knock(signed(UPLOADED))).toBe(204);
  expect(await Promise.all([knock(first), knock(signed(UPLOADED)), knock(first)])).toEqual([
    204, 204, 204,
  ]);
  expect(await counts(at.db)).toEqual(before);
  expect(await kept()).toHaveLength(1);
});

test("one event told through two webhooks is acknowledged to both and owed once", async () => {
  const other = UPLOADED.replace('"600001"', '"600002"');
  expect(other).not.toBe(UPLOADED);
  expect(await Promise.all([knock(signed(UPLOADED)), knock(signed(other))])).toEqual([204, 204]);
  expect(await kept()).toHaveLength(2);
  expect(await owed(at.db)).toEqual([OWED]);
});

test("a delivery that comes late tells of when it happened, not of now", async () => {
  const { source } = JSON.parse(UPLOADED) as { source: object };
  const called = (name: string, created_at: string) =>
    signed(instead({ created_at, source: { ...source, name } }));
  expect(await knock(called("new.csv", "2026-05-01T12:00:00Z"))).toBe(204);
  expect(await knock(called("old.csv", "2026-05-01T11:00:00Z"))).toBe(204);
  expect(await rows(at.db, sql`select name from files`)).toEqual([{ name: "new.csv" }]);
});

test("a name is signed as it was written on the wire, and read as it is spelled", async () => {
  const name = "スクリーンショット 1.csv";
  const escape = (unit: string) => `\\u${unit.charCodeAt(0).toString(16)}`;
  const escaped = name.replaceAll(/[\u0080-\uffff]/g, escape);
  const body = UPLOADED.replaceAll(/plate 7 (–|\\u2013) M(ü|\\u00fc)nchen\.csv/g, escaped);
  expect(body).toContain("\\u30b9");
  expect(await knock(signed(body))).toBe(204);
  expect(await owed(at.db)).toEqual([`400001-500001 Plates 96/${name} pending`]);
});

test("what Box did not sign, or signed for another, is refused alike, and leaves no trace", async () => {
  const forged = signed(UPLOADED, { primary: "", secondary: "" });
  const changed = { ...signed(UPLOADED), body: UPLOADED.replace("400001", "400002") };
  const late = signed(UPLOADED);
  late.headers["box-delivery-timestamp"] = "2020-01-01T00:00:00-07:00";
  for (const request of [forged, changed, late, { method: "POST", body: UPLOADED }])
    expect(await knock(request)).toBe(401);
  for (const at of [randomUUID(), "not-an-account"])
    expect(await knock(signed(UPLOADED), at)).toBe(401);
  expect(await counts(at.db)).toMatchObject({ versions: 0, objects: 0, jobs: 0 });
  expect(await kept()).toEqual([]);
});

test("what is signed and unheard of is acknowledged and kept, whatever its form", async () => {
  const odd = [
    ["an unknown trigger", instead({ trigger: "FILE.TELEPORTED" }), "noted"],
    ["an empty list", instead({ trigger: "FILE.MOVED", additional_info: [] }), "recorded"],
    ["an object", instead({ trigger: "FILE.MOVED", additional_info: { after: [] } }), "recorded"],
    [
      "a bare source",
      instead({ trigger: "FILE.TRASHED", source: { id: "1", type: "file" } }),
      "ignored",
    ],
    ["no source", instead({ source: null }), "noted"],
    ["a web link", instead({ source: { id: "1", type: "web_link" } }), "ignored"],
    ["another shape", `{"trigger":7}`, "unreadable"],
    ["no JSON", "<html>", "unreadable"],
    ["nothing", "", "unreadable"],
  ] as const;
  for (const [what, body, outcome] of odd) {
    expect(await knock(signed(body)), what).toBe(204);
    expect((await kept()).at(-1), what).toMatchObject({ outcome, body });
  }
});

test("what cannot be kept now is not acknowledged, so that Box sends it again", async () => {
  await at.db.execute(sql`alter table versions rename to versions_away`);
  const request = signed(UPLOADED);
  try {
    const answer = await at.door.request(`/${at.account}`, request);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
  } finally {
    await at.db.execute(sql`alter table versions_away rename to versions`);
  }
  expect(await kept()).toEqual([]);
  expect(await knock(request)).toBe(204);
  expect(await owed(at.db)).toEqual([OWED]);
});

test("a body beyond all that Box sends is refused before it is read", async () => {
  expect(await knock(signed(" ".repeat((1 << 20) + 1)))).toBe(413);
  expect(await kept()).toEqual([]);
});
