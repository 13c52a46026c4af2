import { requestByClient } from "./auth-ccg.ts";
import type { Grant } from "./auth-grant.ts";
import { createAssertedGrant } from "./auth-jwt.ts";
import { createStoredTokens } from "./auth-oauth.ts";
import type { BoxClock } from "./clock.ts";
import type { BoxCredentials } from "./credentials.ts";
import type { Tokens } from "./tokens.ts";
import type { Transport } from "./transport.ts";

/**
 * Access tokens for one account. Those of the Client Credentials Grant and of a JWT application live
 * about an hour and are kept in memory only: every process may ask for its own. Those of an OAuth 2.0
 * login are one pair for all processes; see auth-oauth.ts. A developer token is what it is. Throws `unauthorized` when Box does not know the credentials.
 */
export function createTokens(
  transport: Transport,
  oauthUrl: string,
  credentials: BoxCredentials,
): Tokens {
  const { clock } = transport;
  switch (credentials.kind) {
    case "ccg":
      return renewedTokens(clock, () => requestByClient(transport, oauthUrl, credentials));
    case "jwt":
      return renewedTokens(clock, createAssertedGrant(transport, oauthUrl, credentials));
    case "oauth":
      return createStoredTokens(transport, oauthUrl, credentials);
    case "developerToken":
      return {
        get: async () => credentials.token,
        drop: () => undefined,
        revocable: async () => undefined,
      };
  }
}

function renewedTokens(clock: BoxClock, request: () => Promise<Grant>): Tokens {
  let current: Grant | undefined;
  let asking: Promise<string> | undefined;

  async function ask(): Promise<string> {
    current = await request();
    return current.token;
  }

  async function get(): Promise<string> {
    if (current !== undefined && clock.nowMs() < current.usableUntilMs) return current.token;
    asking ??= ask().finally(() => (asking = undefined));
    return asking;
  }

  function drop(token: string) {
    if (current?.token === token) current = undefined;
  }

  return { get, drop, revocable: async () => current?.token };
}
