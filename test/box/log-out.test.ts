import { expect, test } from "vitest";
import { holdTokens } from "../../src/operations/oauth-login.ts";
import type { BoxCredentials } from "../../src/box/credentials.ts";
import { openBoxClient } from "../../src/box/open-client.ts";
import { createLog } from "../../src/log.ts";
import { sendJson, startServer } from "./box-server.ts";

const APP = { clientId: "app", clientSecret: "secret" };
const CCG: BoxCredentials = { kind: "ccg", ...APP, subject: "user", subjectId: "17" };
const oauth = (): BoxCredentials => ({
  kind: "oauth",
  ...APP,
  tokens: holdTokens({
    accessToken: "access",
    refreshToken: "refresh",
    usableUntilMs: Date.now() + 3_600_000,
  }),
});

/** A Box that grants the token `granted` and answers a revocation as told. */
async function open(
  credentials: BoxCredentials,
  answer: [status: number, body: unknown] = [200, ""],
) {
  const server = await startServer(({ path }, response) => {
    if (path === "/oauth2/token") sendJson(response, { access_token: "granted", expires_in: 3600 });
    else if (path === "/oauth2/revoke") sendJson(response, answer[1], answer[0]);
    else sendJson(response, { type: "user", id: "17" });
  });
  const box = openBoxClient({
    endpoints: { apiUrl: server.url, oauthUrl: `${server.url}/oauth2`, downloadHosts: [] },
    credentials,
    log: createLog("error", { write: () => undefined }),
  });
  const revoked = () =>
    server.seen
      .filter(({ path }) => path === "/oauth2/revoke")
      .map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
  return { box, revoked };
}

const form = (token: string) => ({ client_id: "app", client_secret: "secret", token });

test("an OAuth 2.0 login ends by its refresh token", async () => {
  const { box, revoked } = await open(oauth());
  await box.logOut();
  expect(revoked()).toEqual([form("refresh")]);
});

test("of server credentials the access token in hand ends, and none is asked for to end it", async () => {
  const { box, revoked } = await open(CCG);
  await box.logOut();
  expect(revoked()).toEqual([]);
  await box.whoAmI();
  await box.logOut();
  expect(revoked()).toEqual([form("granted")]);
});

test("a developer token is left alone, since Box would remove other installations' webhooks", async () => {
  const { box, revoked } = await open({ kind: "developerToken", token: "dev" });
  await box.whoAmI();
  await box.logOut();
  expect(revoked()).toEqual([]);
});

test.each(["invalid_token", "invalid_grant"])(
  "a token that is dead already is done (%s)",
  async (error) => {
    const { box } = await open(oauth(), [400, { error }]);
    await expect(box.logOut()).resolves.toBeUndefined();
  },
);

test("an application that Box does not know is `unauthorized`, Box being down `transient`", async () => {
  const unknown = await open(oauth(), [400, { error: "invalid_client" }]);
  await expect(unknown.box.logOut()).rejects.toMatchObject({ kind: "unauthorized" });
  const down = await open(oauth(), [503, ""]);
  await expect(down.box.logOut()).rejects.toMatchObject({ kind: "transient" });
});
