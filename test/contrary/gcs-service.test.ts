import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sql } from "drizzle-orm";
import { rows } from "../../src/db/open.ts";
import { enqueue } from "../../src/operations/enqueue.ts";
import { eventually } from "../support/eventually.ts";
import { BUCKET, type House, openHouse, OTHER_PLACE } from "../support/house.ts";
import { startContraryGcs } from "./gcs.ts";

type Gcs = Awaited<ReturnType<typeof startContraryGcs>>;

/** Of no bytes, of one request, of several, and of whole chunks; named as Box allows. */
const FILES = {
  "empty.csv": "",
  "plate #1? [a*] 100%.csv": "one request",
  "Läufe 日本 🧪.bin": "several ".repeat(700_000),
  "-leading..dots": "c".repeat(4 * 1024 * 1024),
};

describe.each(["terse", "lavish"] as const)("the service with a %s Cloud Storage", (manner) => {
  let gcs: Gcs;
  let house: House;
  beforeAll(async () => {
    gcs = await startContraryGcs(manner, [BUCKET, OTHER_PLACE.bucket]);
    house = await openHouse({
      configure: (config) => ({ ...config, lake: { ...config.lake, apiEndpoint: gcs.url } }),
    });
  });
  afterAll(async () => {
    await house.close();
    await gcs.close();
  });

  const objectsOf = (source: string) =>
    [...gcs.objects.values()].filter(
      ({ metadata }) => metadata?.["longshore-source-id"] === source,
    );

  it("keeps every version once, where each source says, and adopts what it had sent before", async () => {
    const { account } = house.box;
    const inbox = await account.createFolder({ parentId: "0", name: "Inbox" });
    for (const [name, bytes] of Object.entries(FILES))
      await account.upload({ parentId: inbox.id, name, bytes });
    const linked = await house.linkAccount("Lab", "enterprise");
    const usual = await house.addSource(linked.id, inbox.id);
    const archived = await house.addSource(linked.id, inbox.id, {
      name: "Archived",
      ...OTHER_PLACE,
      nameTemplate: "{fileId}/{versionId}/{stem}",
    });
    const wanted = Object.values(FILES).map((bytes) => Buffer.from(bytes).toString("base64"));
    const bytesOf = (source: string) =>
      objectsOf(source).map(({ bytes }) => bytes.toString("base64"));
    const stored = async (source: string) => {
      const path = `/api/sources/${source}`;
      const { counts } = await house.api<{ counts: { stored: number } }>("GET", path);
      return counts.stored;
    };
    const areStored = (what: string, number: number) =>
      eventually(what, async () => {
        for (const { id } of [usual, archived]) if ((await stored(id)) < number) return false;
        return true;
      });
    await areStored("everything is stored", wanted.length);
    for (const { id } of [usual, archived])
      expect(bytesOf(id).toSorted()).toEqual(wanted.toSorted());
    expect(new Set(objectsOf(archived.id).map(({ bucket }) => bucket))).toEqual(
      new Set([OTHER_PLACE.bucket]),
    );

    const { length } = gcs.finished;
    // As after a death between the last byte and the row.
    const forgotten = await rows<{ id: string }>(
      house.db,
      sql`update objects set state = 'pending', due_at = now() returning id`,
    );
    await enqueue(
      house.db,
      forgotten.map(({ id }) => ({ task: "store_version", payload: { objectId: Number(id) } })),
    );
    await areStored("all is adopted", wanted.length);
    expect(gcs.finished).toHaveLength(length);
    const item = account.at("Inbox/empty.csv");
    await account.uploadVersion({ fileId: item?.id ?? "", bytes: "no more" });
    await areStored("a save is stored", wanted.length + 1);
    expect(gcs.finished).toHaveLength(length + 2);
    expect(await house.api("GET", "/api/failures")).toMatchObject({ items: [] });
  }, 120_000);
});
