import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { enqueue } from "../../src/operations/enqueue.ts";
import { eventually } from "../support/eventually.ts";
import { BUCKET, type House, openHouse } from "../support/house.ts";
import { type ContraryBox, type Manner, startContraryBox, withBox } from "./box.ts";
import { APPLICATION } from "./logins.ts";
import type { File, Folder } from "./tree.ts";

/** A day of the service with a Box that nobody here wrote it for. */
export function contraryJourney(kind: string, manner: Manner): void {
  describe(`with a ${kind} Box`, () => {
    let box: ContraryBox;
    let house: House;
    let lab: Folder;
    let saved: File;
    let sourceId: string;

    beforeAll(async () => {
      box = await startContraryBox(manner);
      house = await openHouse({ configure: withBox(box) });
      const { tree } = box;
      lab = tree.folder(tree.root, "Lab");
      const runs = tree.folder(lab, "Läufe / 日本".replace("/", "und"));
      tree.link(lab, "Bookmark");
      saved = tree.file(lab, "plate.csv", "1");
      for (const bytes of ["2", "3", "4", "5", "6"]) tree.save(saved, bytes);
      tree.file(lab, "empty.csv", "");
      tree.file(runs, "run.csv", "run");
      for (const nth of [1, 2, 3]) tree.file(lab, `file ${nth}.csv`, `file ${nth}`);
      tree.file(tree.root, "outside.csv", "outside");
      const { clientId, clientSecret, enterpriseId: subjectId } = APPLICATION;
      const { id: accountId } = await house.api<{ id: string }>("POST", "/api/accounts", {
        name: "Other",
        auth: { kind: "ccg", clientId, clientSecret, subject: "enterprise", subjectId },
        signatureKeys: box.keys,
      });
      sourceId = (await house.addSource(accountId, lab.id, { history: "all" })).id;
      await allLanded("the backfill has landed");
    });
    afterAll(async () => {
      await house.close();
      await box.close();
    });

    /** Every version under the folder, once, with its bytes, and nothing else. */
    const allLanded = (what: string) =>
      eventually(what, async () => {
        const wanted = box.tree.versions().filter(({ file }) => file.parent !== box.tree.root);
        const landed = await house.landed();
        if (landed.length < wanted.length) return false;
        expect(landed).toHaveLength(wanted.length);
        for (const { file, version } of wanted) {
          const found = landed.find(
            ({ metadata }) =>
              metadata["box-file-id"] === file.id && metadata["box-version-id"] === version.id,
          );
          if (!found) return false;
          const bytes = await readFile(join(house.folder, "lake", BUCKET, found.name));
          expect(bytes.equals(version.bytes)).toBe(true);
        }
        expect(await house.gcs.history(BUCKET)).toHaveLength(wanted.length);
        return true;
      });
    const wake = (task: "reconcile" | "keep_webhooks") =>
      enqueue(house.db, [{ task, payload: {} }]);

    it("a folder is registered with its webhook, and all versions land", async () => {
      const path = `/api/sources/${sourceId}`;
      const source = await house.api<{ webhook: object }>("GET", path);
      expect(source.webhook).toMatchObject({ state: "registered" });
      expect([...box.hooks.values()]).toMatchObject([{ folder: lab.id }]);
      await allLanded("all is there");
    });

    // As the hour of a token ends.
    beforeEach(() => box.logins.end());

    it("a delivered upload lands, and what was saved before it unannounced", async () => {
      const file = box.tree.file(lab, "delivered.csv", "delivered");
      box.tree.save(saved, "7, which nobody announced");
      box.tree.save(saved, "8");
      for (const told of [file, saved, saved])
        expect(await box.deliver("FILE.UPLOADED", told)).toEqual([204]);
      await allLanded("what was delivered has landed");
    });

    it("an upload and a save that only the events tell of land by reconciliation", async () => {
      const file = box.tree.file(lab, "told.csv", "told");
      box.tree.save(saved, "9");
      box.tree.announce(file);
      box.tree.announce(saved);
      await wake("reconcile");
      await allLanded("what the events told has landed");
      // From the position that was kept, whatever it looks like.
      box.tree.announce(box.tree.file(lab, "told later.csv", "told later"));
      await wake("reconcile");
      await allLanded("what they told later has landed");
    });

    it("what nothing told of lands by a sweep", async () => {
      box.tree.file(lab, "silent.csv", "silent");
      await house.api("POST", `/api/sources/${sourceId}/sweeps`);
      await allLanded("what the sweep found has landed");
      await eventually("the lake is said to be complete", async () => {
        const path = `/api/sources/${sourceId}/completeness`;
        return (await house.api<{ complete: boolean }>("GET", path)).complete;
      });
    });

    it("its webhook is known again, and nothing is asked for twice nor given up", async () => {
      await house.db.execute(
        "update webhooks set checked_at = now() - interval '1 day', due_at = now()",
      );
      const asked = box.seen.length;
      await wake("keep_webhooks");
      await eventually("it was compared", () => box.seen.slice(asked).includes("GET webhooks/:id"));
      await allLanded("all is there still");
      const { items } = await house.api<{ items: { webhook: { state: string } }[] }>(
        "GET",
        "/api/sources",
      );
      expect(items).toMatchObject([{ webhook: { state: "registered" } }]);
      expect(box.hooks.size).toBe(1);
      expect(await house.api("GET", "/api/failures")).toMatchObject({ items: [] });
    });
  });
}
