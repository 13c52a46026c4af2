import { expect, test } from "vitest";
import { accountId } from "../../../src/core/ids.ts";
import { acceptedSignatureKeys } from "../../../src/operations/signature-keys.ts";
import { createSecrets } from "../../../src/secrets.ts";
import { anAccount } from "../api/rows.ts";
import { deskForEach } from "./desk.ts";

const at = deskForEach();

/** As the pages of the desk seal. */
const accepted = (id: string) =>
  acceptedSignatureKeys({ db: at.db, secrets: createSecrets(new Uint8Array(32)) }, accountId(id));

const enter = (id: string, fields: [string, string][]) =>
  at.desk.post(`/accounts/${id}/keys`, fields);

test("An account without keys is given both at once, and says so on its page", async () => {
  const { id } = await anAccount(at.db, { signatureKeys: null });
  expect(await at.desk.html("/accounts")).toContain(`href="/accounts/${id}/keys"`);
  expect(await at.desk.html(`/accounts/${id}/keys`)).toContain("no keys are known");
  const half = await enter(id, [["primary", "p1"]]);
  expect(half.status).toBe(400);
  const done = await enter(id, [
    ["primary", " p1 "],
    ["secondary", "s1"],
  ]);
  expect(done.status).toBe(303);
  expect(await accepted(id)).toEqual([{ primary: "p1", secondary: "s1" }]);
});

test("Keys are replaced one after the other, and every delivery signed meanwhile is believed", async () => {
  const { id } = await anAccount(at.db, { signatureKeys: null });
  await enter(id, [
    ["primary", "p1"],
    ["secondary", "s1"],
  ]);
  const first = await enter(id, [["primary", "p2"]]);
  expect(first.headers.get("location")).toBe(`/accounts/${id}/keys?replaced=primary`);
  const page = await at.desk.html(`/accounts/${id}/keys?replaced=primary`);
  expect(page).toContain("Now reset the secondary one");
  expect(page).toContain("are accepted until");
  expect(page).not.toMatch(/p1|p2|s1/);
  expect(await accepted(id)).toMatchObject([
    { primary: "p2", secondary: "s1" },
    { primary: "p1", secondary: "s1" },
  ]);
  await enter(id, [["secondary", "s2"]]);
  expect(await accepted(id)).toMatchObject([
    { primary: "p2", secondary: "s2" },
    { primary: "p2", secondary: "s1" },
  ]);
});

test("What is no key is refused, and changes nothing", async () => {
  const { id } = await anAccount(at.db, { signatureKeys: null });
  await enter(id, [
    ["primary", "p1"],
    ["secondary", "s1"],
  ]);
  const wrong: [string, string][][] = [
    [["primary", ""]],
    [["primary", "two words"]],
    [["secondary", "x".repeat(501)]],
    [],
  ];
  for (const fields of wrong) {
    const refused = await enter(id, fields);
    expect([refused.status, await refused.text()]).toEqual([
      400,
      expect.stringContaining("as the console shows it"),
    ]);
  }
  expect(await accepted(id)).toEqual([{ primary: "p1", secondary: "s1" }]);
  for (const nobody of [crypto.randomUUID(), "nobody"]) {
    expect((await at.desk.get(`/accounts/${nobody}/keys`)).status).toBe(404);
    expect((await enter(nobody, [["primary", "p"]])).status).toBe(404);
  }
});
