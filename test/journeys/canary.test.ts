import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { grantAgain, linkByConsent, openBrowser } from "../support/browser.ts";
import { grantAccess } from "../support/consent.ts";
import { eventually } from "../support/eventually.ts";
import { type House, openHouse } from "../support/house.ts";
import { sendJson, startServer } from "../box/box-server.ts";

let house: House;

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

/** An API call, whatever is said to it. */
async function asked(method: string, path: string, body: unknown): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${house.port}${path}`, {
    method,
    headers: { authorization: `Bearer ${house.adminToken}`, "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return response.text();
}

it("keeps no secret where it could be read: not in logs, answers, pages or the database", async () => {
  const collector = await startServer((_request, response) => sendJson(response, {}));
  house = await openHouse({ roles: [], tracesUrl: `${collector.url}/v1/traces` });
  onTestFinished(() => house.close());
  const service = await house.start("web", "worker");
  const { box, lines, adminToken, port } = house;
  const inbox = await box.account.createFolder({ parentId: "0", name: "Inbox" });
  const account = await house.linkAccount("Lab", "enterprise");
  const said = await everyWayIn(account.id);
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
    "incidents",
    "webhooks",
    "events",
    "openapi.json",
  ];
  const { answers } = said;
  for (const path of [
    ...paths.map((name) => `/api/${name}`),
    "/metrics",
    "/readyz",
    "/",
    "/sign-in",
    "/nothing?access_token=1234567890",
  ])
    answers.push(await (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).text());

  const browser = await openBrowser(house);
  for (const page of ["/", "/accounts", "/accounts/link", "/deliveries", "/failures", "/events"])
    answers.push((await browser.ask(page)).text);
  // The last spans are sent when it ends.
  await house.stop(service);

  const { stdout: processes } = await promisify(execFile)("ps", ["-eo", "args"]);
  const places = {
    logs: lines.join("\n"),
    database: await dump(),
    answers: answers.join("\n"),
    processes,
    traces: collector.seen.map(({ body }) => body).join("\n"),
  };
  const { primary, secondary } = box.signatureKeys;
  const issued = box.tokenRequests.flatMap(({ issued }) =>
    issued ? [issued.access_token, issued.refresh_token ?? issued.access_token] : [],
  );
  expect(issued.length).toBeGreaterThan(8);
  const key = Buffer.from(house.config.secretsKey);
  const keys = [key.toString("base64"), key.toString("hex"), adminToken];
  const secrets = [box.ccg.clientSecret, primary, secondary, ...keys, ...issued, ...said.secrets];
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

/** Links, tests and relinks by every kind of credentials, right and wrong; what was answered, and what must stay secret. */
async function everyWayIn(account: string) {
  const { box } = house;
  const { clientId, userId } = box.ccg;
  const [dead, wrong, newKey] = [`dead-${randomUUID()}`, `wrong-${randomUUID()}`, randomUUID()];
  const living = box.developerToken(userId);
  const config = box.jwtConfig();
  const { appAuth, ...app } = config.boxAppSettings;
  const jwt = (changed: object) => ({
    kind: "jwt",
    config: { ...config, boxAppSettings: { ...app, appAuth: { ...appAuth, ...changed } } },
  });
  const developer = (token: string) => ({ kind: "developerToken", token });
  const answers: string[] = [];
  const tell = async (...request: Parameters<typeof asked>) =>
    answers.push(await asked(...request));

  for (const auth of [
    jwt({}),
    jwt({ passphrase: wrong }),
    jwt({ privateKey: `-----BEGIN PRIVATE KEY-----\n${wrong}\n-----END PRIVATE KEY-----` }),
    jwt({ publicKeyID: "another" }),
    developer(living),
    developer(dead),
    { kind: "ccg", clientId, clientSecret: wrong, subject: "user", subjectId: userId },
    { kind: wrong, clientSecret: wrong },
  ]) {
    await tell("POST", "/api/accounts/test", { auth });
    await tell("POST", "/api/accounts", { name: randomUUID(), auth });
    await tell("PUT", `/api/accounts/${account}/credentials`, { auth });
  }
  await tell("POST", "/api/accounts", `{"name": "x", "auth": {"token": "${wrong}" oops`);
  await tell("PUT", `/api/accounts/${account}/credentials`, {
    auth: { kind: "oauth", clientId, clientSecret: wrong },
  });
  await tell("PUT", `/api/accounts/${account}/signature-keys`, { primary: newKey });
  await tell("PUT", `/api/accounts/${account}/signature-keys`, {
    primary: box.signatureKeys.primary,
    secondary: newKey,
  });

  const browser = await openBrowser(house);
  const refused = await browser.begin("Refused", { clientSecret: wrong });
  const back = await grantAccess(refused.button, userId);
  answers.push(refused.text.replace(refused.button.replaceAll("&", "&amp;"), ""));
  answers.push((await browser.back(back)).text);
  answers.push((await browser.begin("", { clientSecret: wrong, primary: wrong })).text);
  const login = await linkByConsent(house, "Person", userId);
  box.expireAccessTokens();
  await tell("POST", `/api/accounts/${login}/test`, "");
  await tell("PUT", `/api/accounts/${login}/credentials`, {
    auth: { kind: "oauth", clientId, clientSecret: wrong },
  });
  box.withdrawGrants(userId);
  await tell("POST", `/api/accounts/${login}/test`, "");
  await grantAgain(house, login, userId);
  await tell("DELETE", `/api/accounts/${login}`, "");

  const [, pem = ""] = appAuth.privateKey.split("\n");
  const { searchParams } = new URL(back);
  const handed = [searchParams.get("code")!, searchParams.get("state")!];
  const secrets = [dead, wrong, newKey, living, appAuth.passphrase, pem, ...handed];
  return { answers, secrets };
}
