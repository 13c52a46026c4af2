import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { BUCKET, type House, openHouse, PREFIX } from "../support/house.ts";

let house: House;
let accountId: string;
let inbox: string;

beforeAll(async () => {
  house = await openHouse();
  const { box } = house;
  inbox = (await box.account.createFolder({ parentId: "0", name: "Inbox" })).id;
  accountId = (await house.linkAccount("Lab", "enterprise")).id;
  const source = await house.addSource(accountId, inbox, {
    include: ["**/*.csv"],
    tags: ["plates"],
    metadata: { study: "S-1" },
  });
  expect(source.webhook).toMatchObject({ state: "registered" });
  // Else the backfill may meet a test's file before its webhook does.
  await eventually("the backfill of the empty folder is done", async () => {
    const { backfill } = await house.api<{ backfill: { state: string } }>(
      "GET",
      `/api/sources/${source.id}`,
    );
    return backfill.state === "done";
  });
});
afterAll(() => house.close());

const under = (path: string) => async () => {
  const found = (await house.landed()).filter(({ name }) =>
    name.startsWith(`${PREFIX}/inbox/${path}/`),
  );
  return found.length > 0 && found;
};

describe("a file saved in Box", () => {
  it("lands by webhook with equal bytes, described, for one Box call", async () => {
    const { box } = house;
    await box.idle();
    box.calls.reset();
    const bytes = "well,absorbance\nA1,0.5\n";
    const { file, version } = await box.account.upload({
      parentId: inbox,
      name: "plate 1.csv",
      bytes,
    });

    const [object] = await eventually("the file has landed", under("plate 1.csv"));
    expect(object?.name).toBe(`${PREFIX}/inbox/plate 1.csv/${file.id}-${version.id}.csv`);
    expect(await readFile(join(house.folder, "lake", BUCKET, object?.name ?? ""), "utf8")).toBe(
      bytes,
    );
    expect(object?.metadata).toMatchObject({
      "box-file-id": file.id,
      "box-version-id": version.id,
      "box-sha1": createHash("sha1").update(bytes).digest("hex"),
    });
    await eventually("its row says so", async () => {
      const { items } = await house.api<{
        items: { fileId: string; state: string; door: string }[];
      }>("GET", `/api/versions?fileId=${file.id}`);
      return items[0]?.state === "stored" && items[0].door === "webhook";
    });
    expect(box.calls.count("content")).toBe(1);
    expect(box.calls.count("file")).toBe(0);
    expect(box.calls.count("file_versions")).toBe(0);
    expect(box.calls.leakedTokens()).toBe(0);
  });

  it("lands again as a second object when it is saved again", async () => {
    const { box } = house;
    const first = await box.account.upload({ parentId: inbox, name: "twice.csv", bytes: "one" });
    await eventually("the first version has landed", under("twice.csv"));
    await box.account.uploadVersion({ fileId: first.file.id, bytes: "two" });
    await eventually(
      "both have landed",
      async () => ((await under("twice.csv")()) || []).length === 2,
    );
  });

  it("is left alone when the masks do not want it, and lands once renamed to what they want", async () => {
    const { box } = house;
    const { file } = await box.account.upload({ parentId: inbox, name: "raw.tmp", bytes: "raw" });
    const wanted = await box.account.upload({ parentId: inbox, name: "after.csv", bytes: "after" });
    await eventually("a later file has landed", under("after.csv"));
    expect((await house.landed()).some(({ name }) => name.includes(file.id))).toBe(false);

    await box.account.rename({ id: file.id, type: "file" }, "finished.csv");
    await eventually("the renamed file has landed", under("finished.csv"));
    expect(wanted.file.id).not.toBe(file.id);
  });

  it("lands from a copied folder, which Box announces with one event", async () => {
    const { box } = house;
    const run = await box.account.createFolder({ parentId: inbox, name: "Run 1" });
    await box.account.upload({ parentId: run.id, name: "a.csv", bytes: "a" });
    await eventually("the original has landed", under("Run 1/a.csv"));
    await box.account.copy({ id: run.id, type: "folder", parentId: inbox, name: "Run 2" });
    await eventually("the copy has landed", under("Run 2/a.csv"));
  });
});

describe("what Box sends twice", () => {
  it("is stored once, whatever the storm of duplicates", async () => {
    const { box, gcs } = house;
    const armed = box.faults.arm({ kind: "delivery", times: 1000, effect: { type: "double" } });
    const names = Array.from({ length: 20 }, (_, index) => `storm ${index}.csv`);
    for (const name of names) await box.account.upload({ parentId: inbox, name, bytes: name });
    for (const name of names) await eventually(`${name} has landed`, under(name));
    await box.idle();
    armed.disarm();
    const generations = await gcs.history(BUCKET);
    const once = new Set(generations.map(({ name }) => name));
    expect(generations).toHaveLength(once.size);
  });
});
