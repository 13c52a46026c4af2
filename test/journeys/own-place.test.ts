import { afterAll, beforeAll, expect, it } from "vitest";
import { openGcsStore } from "../../src/lake/gcs-store.ts";
import { createLog } from "../../src/log.ts";
import { eventually } from "../support/eventually.ts";
import { BUCKET, type House, openHouse, OTHER_PLACE, PREFIX } from "../support/house.ts";

let house: House;
let folder: string;
let accountId: string;

beforeAll(async () => {
  house = await openHouse();
  folder = (await house.box.account.createFolder({ parentId: "0", name: "Studies" })).id;
  const study = await house.box.account.createFolder({ parentId: folder, name: "S1" });
  await house.box.account.upload({ parentId: study.id, name: "plate.csv", bytes: "A1,1" });
  await house.box.account.upload({ parentId: folder, name: "stray.csv", bytes: "A1,2" });
  accountId = (await house.linkAccount("Lab", "enterprise")).id;
});
afterAll(() => house.close());

it("overlapping sources keep an object each: one in a bucket, under a prefix and by names of its own", async () => {
  const own = await house.addSource(accountId, folder, {
    name: "Own",
    ...OTHER_PLACE,
    pathTemplate: "{study}/**",
    nameTemplate: "study={study}/{fileId}-{versionId}{extension}",
    metadata: { study: "unknown", site: "Basel" },
  });
  await house.addSource(accountId, folder, { name: "Usual" });
  const [there, here] = await eventually("both sources have both files", async () => {
    const found = [await house.gcs.objects(OTHER_PLACE.bucket), await house.gcs.objects(BUCKET)];
    return found.every((objects) => objects.length === 2) && found;
  });
  expect(here?.every(({ name }) => name.startsWith(`${PREFIX}/usual/`))).toBe(true);
  const described = new Map(there?.map(({ name, metadata }) => [name.split("/")[3], metadata]));
  expect(described.get("study=S1")).toMatchObject({ "meta-study": "S1", "meta-site": "Basel" });
  expect(described.get("study=_")).toMatchObject({
    "meta-study": "unknown",
    "longshore-misfit": expect.stringMatching(/lies 0 deep/),
  });
  const shown = await eventually("the rows are finished", async () => {
    const source = await house.api<{ counts: object }>("GET", `/api/sources/${own.id}`);
    return "stored" in source.counts && source.counts.stored === 2 && source;
  });
  expect(shown.counts).toMatchObject({ stored: 2, misfits: 1 });

  // Looked at in its own bucket, a replayed object is found there and not downloaded again.
  house.box.calls.reset();
  await house.api("POST", "/api/replays", { sourceId: own.id, state: "stored" });
  await eventually("the replay is done", async () => {
    const { counts } = await house.api<{ counts: { stored: number } }>(
      "GET",
      `/api/sources/${own.id}`,
    );
    return counts.stored === 2;
  });
  expect((await house.gcs.objects(OTHER_PLACE.bucket)).length).toBe(2);
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
