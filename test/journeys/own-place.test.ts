import { afterAll, beforeAll, expect, it } from "vitest";
import { openGcsStore } from "../../src/lake/gcs-store.ts";
import { createLog } from "../../src/log.ts";
import { eventually } from "../support/eventually.ts";
import { BUCKET, type House, openHouse, OTHER_PLACE, PREFIX } from "../support/house.ts";

let house: House;
/** A source that has a place and names of its own, and lies over one that has neither. */
let own: { id: string };

beforeAll(async () => {
  house = await openHouse();
  const folder = (await house.box.account.createFolder({ parentId: "0", name: "Studies" })).id;
  const study = await house.box.account.createFolder({ parentId: folder, name: "S1" });
  await house.box.account.upload({ parentId: study.id, name: "plate.csv", bytes: "A1,1" });
  await house.box.account.upload({ parentId: folder, name: "stray.csv", bytes: "A1,2" });
  const accountId = (await house.linkAccount("Lab", "enterprise")).id;
  own = await house.addSource(accountId, folder, {
    name: "Own",
    ...OTHER_PLACE,
    pathTemplate: "{study}/**",
    nameTemplate: "study={study}/{fileId}-{versionId}{extension}",
    metadata: { study: "unknown", site: "Basel" },
  });
  const usual = await house.addSource(accountId, folder, { name: "Usual" });
  for (const { id } of [own, usual])
    await eventually(
      "both files are stored for both",
      async () => (await countsOf(id)).stored === 2,
    );
});
afterAll(() => house.close());

const countsOf = async (id: string) =>
  (await house.api<{ counts: { stored?: number; misfits?: number } }>("GET", `/api/sources/${id}`))
    .counts;

it("overlapping sources keep an object each: one in a bucket, under a prefix and by names of its own", async () => {
  const [there, here] = [
    await house.gcs.objects(OTHER_PLACE.bucket),
    await house.gcs.objects(BUCKET),
  ];
  expect([there.length, here.length]).toEqual([2, 2]);
  expect(here.every(({ name }) => name.startsWith(`${PREFIX}/usual/`))).toBe(true);
  const described = new Map(there.map(({ name, metadata }) => [name.split("/")[3], metadata]));
  expect(described.get("study=S1")).toMatchObject({ "meta-study": "S1", "meta-site": "Basel" });
  expect(described.get("study=_")).toMatchObject({
    "meta-study": "unknown",
    "longshore-misfit": expect.stringMatching(/lies 0 deep/),
  });
  expect(await countsOf(own.id)).toMatchObject({ stored: 2, misfits: 1 });
});

it("a replayed object is found in its own bucket, and not downloaded again", async () => {
  house.box.calls.reset();
  await house.api("POST", "/api/replays", { sourceId: own.id, state: "stored" });
  await eventually("the replay is done", async () => (await countsOf(own.id)).stored === 2);
  expect(house.box.calls.byKind()).not.toHaveProperty("content");
});

it("the lake is not well while one of its buckets is not there", async () => {
  const { bucket, prefix, apiEndpoint } = house.config.lake;
  const options = { bucket, prefix, apiEndpoint, credentials: undefined, log: createLog("silent") };
  await expect(
    openGcsStore({ ...options, otherBuckets: [OTHER_PLACE.bucket] }).probe(),
  ).resolves.toBe(undefined);
  await expect(
    openGcsStore({ ...options, otherBuckets: ["absent"] }).probe(),
  ).rejects.toMatchObject({
    kind: "blocked",
    hint: expect.stringMatching(/absent/),
  });
});

it("no process starts on another bucket than the one in which the objects lie", async () => {
  const { lake } = house.config;
  house.config.lake = { ...lake, bucket: OTHER_PLACE.bucket };
  await expect(house.start("worker")).rejects.toThrow(/one source lie in lake/);
  house.config.lake = lake;
});
