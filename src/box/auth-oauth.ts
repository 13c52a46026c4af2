import { Failure } from "../core/failure.ts";
import { pairOf, requestGrant } from "./auth-grant.ts";
import type { BoxApp } from "./credentials.ts";
import { hintForPerson } from "./grant-hints.ts";
import type { TokenPair, Tokens, TokenStore } from "./tokens.ts";
import type { Transport } from "./transport.ts";

/** A refused refresh token is shown to Box again after this long, in case the refusal was Box's mistake. */
const REFUSED_MS = 3_600_000;

/**
 * The tokens of an OAuth 2.0 login: https://developer.box.com/guides/authentication/tokens/refresh/.
 * A refresh token is good once, so a pair is replaced by one process at a time, and kept before it
 * is used. Whoever finds the pair already replaced takes the new one and asks Box nothing. A pair
 * that Box gave and the store did not keep is kept at the next call, as long as this process lives;
 * after its death the old refresh token is tried again, which Box answers alike for a little while.
 * Throws `unauthorized` when Box refuses the refresh token and no other process has a newer one. The
 * refusal is kept with the pair: for an hour all processes throw it without asking Box.
 */
export function createStoredTokens(
  transport: Transport,
  oauthUrl: string,
  { tokens: store, ...app }: BoxApp & { tokens: TokenStore },
): Tokens {
  let current: TokenPair | undefined;
  let refused: string | undefined;
  let asking: Promise<string> | undefined;
  let unkept: { instead: string; pair: TokenPair } | undefined;

  const usable = (pair: TokenPair) =>
    pair.accessToken !== refused && transport.clock.nowMs() < pair.usableUntilMs;

  async function ask(): Promise<string> {
    const kept = await store.read();
    current = usable(kept) ? kept : await replace(kept);
    return current.accessToken;
  }

  async function replace(seen: TokenPair): Promise<TokenPair> {
    if (isSpent(seen)) throw spent();
    let refusal: Failure | undefined;
    const pair = await store.replace(async (kept) => {
      const newest = unkept?.instead === kept.refreshToken ? unkept.pair : kept;
      if (usable(newest) || isSpent(newest)) return newest;
      try {
        const renewed = await refresh(transport, oauthUrl, app, newest.refreshToken);
        unkept = { instead: kept.refreshToken, pair: renewed };
        return renewed;
      } catch (error) {
        if (!(error instanceof Failure) || error.code !== SPENT) throw error;
        refusal = error;
        return { ...newest, usableUntilMs: 0, refusedAtMs: Date.now() };
      }
    });
    unkept = undefined;
    if (!isSpent(pair)) return pair;
    // The lock may have been lost on the way, with its connection: somebody else was first then.
    const again = await store.read();
    if (again.refreshToken !== pair.refreshToken && usable(again)) return again;
    throw refusal ?? spent();
  }

  return {
    async get() {
      if (current !== undefined && usable(current)) return current.accessToken;
      asking ??= ask().finally(() => (asking = undefined));
      return asking;
    },
    drop(token) {
      refused = token;
    },
    // Box ends the access token together with its refresh token.
    revocable: async () => (await store.read()).refreshToken,
  };
}

async function refresh(
  transport: Transport,
  oauthUrl: string,
  { clientId, clientSecret }: BoxApp,
  refreshToken: string,
): Promise<TokenPair> {
  const grant = await requestGrant({
    transport,
    oauthUrl,
    form: {
      grant_type: "refresh_token",
      client_id: clientId,
      client_secret: clientSecret,
      refresh_token: refreshToken,
    },
    hintFor: (refusal) => hintForPerson(REFRESH_HINT, refusal),
  });
  // OAuth 2.0 lets a server keep the refresh token that it was shown.
  return pairOf({ ...grant, refreshToken: grant.refreshToken || refreshToken });
}

/** Box's code for a refresh token that was used, withdrawn, or lay idle for 60 days. */
const SPENT = "invalid_grant";

const isSpent = ({ refusedAtMs }: TokenPair) =>
  refusedAtMs !== undefined && Date.now() < refusedAtMs + REFUSED_MS;

const spent = () =>
  new Failure("unauthorized", "Box refused the refresh token of this login.", {
    hint: REFRESH_HINT,
    status: 400,
    code: SPENT,
  });

const REFRESH_HINT =
  "Box no longer knows this login: its user removed the application (Account Settings, Apps), an administrator blocked it, or it was not used for 60 days. Grant access again: the overview has a button for it.";
