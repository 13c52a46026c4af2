import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
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

const KIB = 1024;
const SMALL = 10 * KIB;
const LARGE = 9 * KIB * KIB;

type Arm = Parameters<House["gcs"]["faults"]["arm"]>[0];

const FAULTS: [does: string, sizeBytes: number, arm: Arm][] = [
  [
    "is unavailable for a small object",
    SMALL,
    { instruction: "return-503", on: "multipart", times: 2 },
  ],
  [
    "resets the connection of a small object",
    SMALL,
    { instruction: "return-reset-connection", on: "multipart" },
  ],
  [
    "loses the answer of a small object that it keeps",
    SMALL,
    { instruction: "reset-after-commit", on: "multipart" },
  ],
  [
    "is unavailable when a session is asked for",
    LARGE,
    { instruction: "return-503", on: "session" },
  ],
  ["fails in the middle of a large object", LARGE, { instruction: "return-503", on: "chunk" }],
  ["keeps less of a chunk than was sent", LARGE, { instruction: "persist-256K", on: "chunk" }],
  ["forgets the session", LARGE, { instruction: "lose-session-410", on: "chunk" }],
  [
    "breaks the last chunk",
    LARGE,
    { instruction: "return-broken-stream-final-chunk-after-1024B", on: "final" },
  ],
  [
    "loses the last answer of a large object that it keeps",
    LARGE,
    { instruction: "reset-after-commit", on: "final" },
  ],
  ["stores a wrong byte", SMALL, { instruction: "inject-upload-data-error", on: "multipart" }],
];

for (const [does, sizeBytes, arm] of FAULTS)
  it(`has a file whole and once when GCS ${does}`, async () => {
    const { box, gcs } = house;
    const armed = gcs.faults.arm(arm);
    const name = `${does}.bin`;
    const bytes = Buffer.alloc(sizeBytes, name);
    await box.account.upload({ parentId: inbox, name, bytes });
    const landed = await eventually("it has landed", async () =>
      (await house.landed()).find((object) => object.name.includes(`/${name}/`)),
    );
    expect(landed.md5Hash).toBe(createHash("md5").update(bytes).digest("base64"));
    await eventually("its row says so", async () => {
      const rows = await house.db.execute("select id from objects where state <> 'stored'");
      return rows.length === 0;
    });
    expect(gcs.faults.unconsumed()).toEqual([]);
    expect(armed).toBeDefined();
    const generations = (await gcs.history(BUCKET)).filter((object) => object.name === landed.name);
    expect(generations).toHaveLength(1);
  });

it("never overwrites what somebody else put under the name: a conflict for a person", async () => {
  const { box, gcs } = house;
  gcs.faults.arm({ instruction: "rival-object", on: "multipart" });
  await box.account.upload({ parentId: inbox, name: "rival.csv", bytes: "ours" });
  const failure = await eventually("it is listed as a failure", async () => {
    const { items } = await house.api<{ items: { subject: string; hint: string }[] }>(
      "GET",
      "/api/failures",
    );
    return items.find((item) => item.subject === "rival.csv");
  });
  expect(failure.hint).not.toBe("");
  const lying = (await house.landed()).filter(({ name }) => name.includes("/rival.csv/"));
  expect(lying).toHaveLength(1);
  expect(lying[0]?.md5Hash).not.toBe(createHash("md5").update("ours").digest("base64"));
});
