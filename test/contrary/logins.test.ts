import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enqueue } from "../../src/operations/enqueue.ts";
import { buttonOf, openBrowser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { type House, openHouse } from "../support/house.ts";
import { type ContraryBox, startContraryBox, withBox } from "./box.ts";
import { lavish } from "./lavish-box.ts";
import { APPLICATION } from "./logins.ts";
import { terse } from "./terse-box.ts";
import type { Folder } from "./tree.ts";

/** Links an account as each kind of application does it. */
const LOGINS = {
  async jwt(house: House, box: ContraryBox) {
    const auth = { kind: "jwt", config: box.logins.jwtConfig() };
    await house.api("POST", "/api/accounts", { name: "Other", auth, signatureKeys: box.keys });
  },

  async "OAuth 2.0"(house: House, box: ContraryBox) {
    const { clientId, clientSecret } = APPLICATION;
    const browser = await openBrowser(house);
    const form = { name: "Other", clientId, clientSecret, ...box.keys };
    const { text } = await browser.ask("/accounts/link", form);
    const granted = await fetch(buttonOf(text), { redirect: "manual" });
    const linked = await browser.back(granted.headers.get("location") ?? "");
    expect([linked.status, linked.text]).toEqual([200, expect.stringContaining("is linked")]);
  },
};

const MANNERS = { terse, lavish };

describe.each(Object.keys(MANNERS) as (keyof typeof MANNERS)[])("with a %s Box", (kind) => {
  describe.each(Object.keys(LOGINS) as (keyof typeof LOGINS)[])("a login by %s", (login) => {
    let box: ContraryBox;
    let house: House;
    let lab: Folder;
    beforeAll(async () => {
      box = await startContraryBox(MANNERS[kind]);
      lab = box.tree.folder(box.tree.root, "Lab");
      house = await openHouse({ configure: withBox(box) });
    });
    afterAll(async () => {
      await house.close();
      await box.close();
    });

    const allLanded = () =>
      eventually("every file has landed", async () => {
        return (await house.landed()).length === box.tree.versions().length;
      });

    it("is linked, and goes on whenever its tokens have ended", async () => {
      box.tree.file(lab, "first.csv", "first");
      await LOGINS[login](house, box);
      const { items } = await house.api<{ items: { id: string }[] }>("GET", "/api/accounts");
      await house.addSource(items[0]?.id ?? "", lab.id);
      await allLanded();
      for (const name of ["second.csv", "third.csv"]) {
        box.logins.end();
        box.tree.announce(box.tree.file(lab, name, name));
        await enqueue(house.db, [{ task: "reconcile", payload: {} }]);
        await allLanded();
      }
      const { items: after } = await house.api<{ items: object[] }>("GET", "/api/accounts");
      expect(after).toMatchObject([{ state: "linked" }]);
    }, 120_000);
  });
});
