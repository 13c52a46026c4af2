import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type House, openHouse } from "../support/house.ts";

let house: House;

beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

/** Every row of every table, the queue's own among them, as text. */
async function dump(): Promise<string> {
  const tables = (await house.db.execute(`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')`)) as unknown as {
    name: string;
  }[];
  expect(tables.length).toBeGreaterThan(15);
  const texts: string[] = [];
  for (const { name } of tables)
    texts.push(JSON.stringify(await house.db.execute(`select t::text from ${name} t`)));
  return texts.join("\n");
}

it("keeps no secret where it could be read: not in logs, answers, pages or the database", async () => {
  const { box, lines, adminToken, port } = house;
  const inbox = await box.account.createFolder({ parentId: "0", name: "Inbox" });
  const account = await house.linkAccount("Lab", "enterprise");
  const deadToken = `dead-${randomUUID()}`;
  const deadLink = await house
    .api("POST", "/api/accounts", {
      name: "Dead",
      auth: { kind: "developerToken", token: deadToken },
    })
    .then(String, (error: Error) => error.message);
  expect(deadLink).toContain("422");
  const { id } = await house.addSource(account.id, inbox.id);

  // Whatever goes wrong must say so without saying what with.
  box.faults.arm({
    kind: "content",
    effect: { type: "status", status: 403, code: "forbidden_by_policy" },
  });
  box.faults.arm({ kind: "download", skip: 1, effect: { type: "cut", afterBytes: 10 } });
  box.faults.arm({ kind: "content", skip: 2, effect: { type: "expired_token" } });
  for (const name of ["a.csv", "b.csv", "c.csv", "d.csv"])
    await box.account.upload({ parentId: inbox.id, name, bytes: name.repeat(50) });
  await eventually("three landed and one is given up", async () => {
    const { counts } = await house.api<{ counts: { stored: number; givenUp: number } }>(
      "GET",
      `/api/sources/${id}`,
    );
    return counts.stored === 3 && counts.givenUp === 1;
  });

  const headers = { authorization: `Bearer ${adminToken}` };
  const paths = [
    "accounts",
    "sources",
    "versions",
    "failures",
    "deliveries",
    "replays",
    "openapi.json",
  ];
  const answers = [deadLink];
  for (const path of [
    ...paths.map((name) => `/api/${name}`),
    "/metrics",
    "/readyz",
    "/",
    "/sign-in",
  ])
    answers.push(await (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).text());

  const { stdout: processes } = await promisify(execFile)("ps", ["-eo", "args"]);
  const places = {
    logs: lines.join("\n"),
    database: await dump(),
    answers: answers.join("\n"),
    processes,
  };
  const { primary, secondary } = box.signatureKeys;
  const secrets = [box.ccg.clientSecret, primary, secondary, deadToken, adminToken];
  for (const [place, text] of Object.entries(places)) {
    expect(text.length, place).toBeGreaterThan(100);
    for (const secret of secrets)
      expect(text.includes(secret), `${place} holds a secret`).toBe(false);
    // Access tokens, signed download addresses, upload sessions.
    expect(text, place).not.toMatch(
      /Bearer [\w.-]{8,}|access_token"?[:=]|upload_id=|signature=[\w%]{10,}/i,
    );
  }
});
