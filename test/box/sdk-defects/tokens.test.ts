import { BoxClient, BoxOAuth, OAuthConfig } from "box-typescript-sdk-gen";
import { BaseUrls, BoxRetryStrategy, NetworkSession } from "box-typescript-sdk-gen/networking";
import { expect, test } from "vitest";
import type { TokenPair, TokenStore } from "../../../src/box/tokens.ts";
import { openBoxClient } from "../../../src/box/open-client.ts";
import { createLog } from "../../../src/log.ts";
import { sendJson, startServer } from "../box-server.ts";
import { startBoth } from "./both.ts";

const TEN = Array.from({ length: 10 }, (_, at) => at);
const APP = { clientId: "c", clientSecret: "s" };

test("ten first calls together: the SDK asks for ten tokens; ours for one", async () => {
  const { sdk, ours, seen } = await startBoth(
    ({ path }, response) => {
      if (path === "/oauth2/token")
        return sendJson(response, { access_token: "t", expires_in: 3600, token_type: "bearer" });
      sendJson(response, { type: "user", id: "1" });
    },
    { auth: "ccg" },
  );
  const tokenRequests = () => seen.splice(0).filter(({ path }) => path === "/oauth2/token").length;
  await Promise.all(TEN.map(() => sdk.users.getUserMe()));
  expect(tokenRequests()).toBe(10);
  await Promise.all(TEN.map(() => ours.whoAmI()));
  expect(tokenRequests()).toBe(1);
});

/** A Box that takes each refresh token once and knows the newest access token only. */
async function startOauthBox() {
  let generation = 0;
  let refused = 0;
  const box = await startServer(({ path, headers, body }, response) => {
    if (path === "/oauth2/token") {
      if (new URLSearchParams(body).get("refresh_token") !== `refresh-${generation}`) {
        refused++;
        return sendJson(response, { error: "invalid_grant", error_description: "used" }, 400);
      }
      generation++;
      return sendJson(response, {
        access_token: `access-${generation}`,
        refresh_token: `refresh-${generation}`,
        expires_in: 3600,
        token_type: "bearer",
      });
    }
    const isNewest = headers.authorization === `Bearer access-${generation}` && generation > 0;
    if (isNewest) return sendJson(response, { type: "user", id: "1" });
    response.writeHead(401, { "www-authenticate": 'Bearer error="invalid_token"' }).end();
  });
  return { box, grants: () => generation, refused: () => refused };
}

const failuresOf = async (calls: Promise<unknown>[]) =>
  (await Promise.allSettled(calls)).filter(({ status }) => status === "rejected").length;

test("ten calls whose OAuth token ended: the SDK refreshes for each, and calls fail of invalid_grant; ours refreshes once, and all succeed", async () => {
  const theirs = await startOauthBox();
  const { url } = theirs.box;
  const auth = new BoxOAuth({ config: new OAuthConfig(APP) });
  await auth.tokenStorage.store({ accessToken: "access-0", refreshToken: "refresh-0" });
  const sdk = new BoxClient({
    auth,
    networkSession: new NetworkSession({
      baseUrls: new BaseUrls({ baseUrl: url, uploadUrl: url, oauth2Url: url }),
      retryStrategy: new BoxRetryStrategy({ retryBaseInterval: 0.001 }),
    }),
  });
  expect(await failuresOf(TEN.map(() => sdk.users.getUserMe()))).toBeGreaterThan(0);
  expect(theirs.refused()).toBeGreaterThan(0);

  const { box, grants, refused } = await startOauthBox();
  const ours = openBoxClient({
    endpoints: { apiUrl: box.url, oauthUrl: `${box.url}/oauth2`, downloadHosts: [] },
    credentials: { kind: "oauth", ...APP, tokens: holdPair() },
    log: createLog("silent"),
  });
  expect(await failuresOf(TEN.map(() => ours.whoAmI()))).toBe(0);
  expect([grants(), refused()]).toEqual([1, 0]);
});

/** The pair of a login, with a life that has long not ended: only a 401 tells that it has. */
function holdPair(): TokenStore {
  let pair: TokenPair = {
    accessToken: "access-0",
    refreshToken: "refresh-0",
    usableUntilMs: Date.now() + 3_600_000,
  };
  return { read: async () => pair, replace: async (renew) => (pair = await renew(pair)) };
}
