import { expect, test } from "vitest";

import { createStoredTokens } from "../../src/box/auth-oauth.ts";
import type { TokenPair } from "../../src/box/tokens.ts";
import { createTransport } from "../../src/box/transport.ts";
import { sendJson, startServer } from "./box-server.ts";

test("a refresh token stays good where no other is given for it, for the hour of a token whose end is not told", async () => {
  const server = await startServer((_, response) => sendJson(response, { access_token: "new" }));
  let kept: TokenPair = { accessToken: "old", refreshToken: "refresh", usableUntilMs: 0 };
  const tokens = createStoredTokens(createTransport(), server.url, {
    clientId: "client",
    clientSecret: "secret",
    tokens: {
      read: async () => kept,
      replace: async (renew) => (kept = await renew(kept)),
    },
  });
  expect(await tokens.get()).toBe("new");
  expect(kept).toMatchObject({ accessToken: "new", refreshToken: "refresh" });
  const minutes = (kept.usableUntilMs - Date.now()) / 60_000;
  expect(minutes).toBeGreaterThan(50);
  expect(minutes).toBeLessThan(60);
});
