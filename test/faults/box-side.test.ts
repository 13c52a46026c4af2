import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Fault } from "../../sandbox/box/faults.ts";
import { eventually } from "../support/eventually.ts";
import { BUCKET, type House, openHouse } from "../support/house.ts";

let house: House;
let inbox: string;

beforeAll(async () => {
  house = await openHouse();
  inbox = (await house.box.account.createFolder({ parentId: "0", name: "Inbox" })).id;
  const account = await house.linkAccount("Lab", "enterprise");
  await house.addSource(account.id, inbox);
});
afterAll(() => house.close());

const FAULTS: [does: string, fault: Omit<Fault, "path">][] = [
  ["refuses the token in the middle", { kind: "content", effect: { type: "expired_token" } }],
  [
    "throttles and says how long",
    { kind: "content", times: 2, effect: { type: "status", status: 429, retryAfter: 1 } },
  ],
  ["fails with 500", { kind: "content", effect: { type: "status", status: 500 } }],
  ["answers with a gateway's page", { kind: "content", effect: { type: "html" } }],
  ["is not ready yet", { kind: "content", times: 2, effect: { type: "not_ready", retryAfter: 1 } }],
  ["resets the connection", { kind: "download", effect: { type: "reset", afterBytes: 40_000 } }],
  ["cuts the body short", { kind: "download", effect: { type: "cut", afterBytes: 40_000 } }],
  ["delivers a wrong byte", { kind: "download", effect: { type: "flip", at: 77_777 } }],
  ["refuses the signed address", { kind: "download", effect: { type: "status", status: 403 } }],
];

for (const [does, fault] of FAULTS)
  it(`lands a file whole and once when Box ${does}`, async () => {
    const { box, gcs } = house;
    const armed = box.faults.arm(fault as Fault);
    const name = `${does}.bin`;
    const bytes = Buffer.alloc(200_000, name);
    await box.account.upload({ parentId: inbox, name, bytes });
    const landed = await eventually("it has landed", async () =>
      (await house.landed()).find((object) => object.name.includes(`/${name}/`)),
    );
    expect(landed.metadata?.["box-sha1"]).toBe(createHash("sha1").update(bytes).digest("hex"));
    expect(landed.md5Hash).toBe(createHash("md5").update(bytes).digest("base64"));
    expect(armed.consumed).toBe(true);
    const generations = (await gcs.history(BUCKET)).filter((object) => object.name === landed.name);
    expect(generations).toHaveLength(1);
  });

it("gives up, with a reason and what to do, what Box forbids; and lands it on replay once allowed", async () => {
  const { box } = house;
  const armed = box.faults.arm({
    kind: "content",
    effect: { type: "status", status: 403, code: "forbidden_by_policy" },
  });
  await box.account.upload({ parentId: inbox, name: "secret.csv", bytes: "secret" });
  const failure = await eventually("it is listed as a failure", async () => {
    const { items } = await house.api<{
      items: {
        id: string;
        kind: string;
        subject: string;
        reason: string;
        hint: string;
        attempts: number;
      }[];
    }>("GET", "/api/failures");
    return items.find((item) => item.subject === "secret.csv");
  });
  expect(armed.consumed).toBe(true);
  expect(failure).toMatchObject({ kind: "store_version", attempts: 1 });
  expect(failure.reason).not.toBe("");
  expect(failure.hint).not.toBe("");

  const body = { failureIds: [failure.id] };
  expect(await house.api("POST", "/api/replays", { ...body, dryRun: true })).toMatchObject({
    chosen: 1,
    replayed: 0,
  });
  expect(await house.api("POST", "/api/replays", body)).toMatchObject({ chosen: 1, replayed: 1 });
  await eventually("it has landed", async () =>
    (await house.landed()).some(({ name }) => name.includes("/secret.csv/")),
  );
  expect(await house.api("POST", "/api/replays", body)).toMatchObject({ replayed: 0 });
});

it("makes an account with dead credentials wait for a person, and loses nothing meanwhile", async () => {
  const { box } = house;
  const { id } = (await house.api<{ items: { id: string }[] }>("GET", "/api/accounts"))
    .items[0] ?? { id: "" };
  const refused = box.faults.arm({
    kind: "token",
    times: 1000,
    effect: { type: "status", status: 400, code: "invalid_grant" },
  });
  const expired = box.faults.arm({
    kind: "content",
    times: 1000,
    effect: { type: "expired_token" },
  });
  await box.account.upload({ parentId: inbox, name: "waits.csv", bytes: "waits" });
  await eventually("the account says that it needs a login", async () => {
    const account = await house.api<{ state: string }>("GET", `/api/accounts/${id}`);
    return account.state === "needs_relogin";
  });
  refused.disarm();
  expired.disarm();
  await house.api("POST", `/api/accounts/${id}/test`);
  await eventually("it has landed", async () =>
    (await house.landed()).some(({ name }) => name.includes("/waits.csv/")),
  );
});
