import { pairOf, requestGrant } from "./auth-grant.ts";
import type { BoxApp } from "./credentials.ts";
import { hintForPerson } from "./grant-hints.ts";
import type { TokenPair } from "./tokens.ts";
import type { Transport } from "./transport.ts";

/** The first half of OAuth 2.0, with a person in it. */
export interface Consent {
  /** Where a person grants the application access; Box leads back with a code and the state. */
  address(clientId: string, redirectUri: string, state: string): string;
  /** The first pair, for a code that is at most 30 seconds old. Throws `unauthorized` when Box refuses it. */
  exchange(app: BoxApp, code: string, redirectUri: string): Promise<TokenPair>;
}

/** Box's own page for people lies on another host than its API. */
const BOX_TOKENS = "https://api.box.com";
const BOX_PEOPLE = "https://account.box.com";

/**
 * Consent at Box: https://developer.box.com/guides/authentication/oauth2/.
 * For any other endpoint than Box's own, the page for people is looked for at the same origin.
 */
export function createConsent(transport: Transport, oauthUrl: string): Consent {
  const { origin } = new URL(oauthUrl);
  const people = origin === BOX_TOKENS ? BOX_PEOPLE : origin;
  return {
    address(clientId, redirectUri, state) {
      const query = {
        response_type: "code",
        client_id: clientId,
        redirect_uri: redirectUri,
        state,
      };
      return `${people}/api/oauth2/authorize?${new URLSearchParams(query).toString()}`;
    },
    async exchange({ clientId, clientSecret }, code, redirectUri) {
      const grant = await requestGrant({
        transport,
        oauthUrl,
        form: {
          grant_type: "authorization_code",
          client_id: clientId,
          client_secret: clientSecret,
          code,
          redirect_uri: redirectUri,
        },
        hintFor: (refusal) => hintForPerson(EXCHANGE_HINT, refusal),
      });
      return pairOf(grant);
    },
  };
}

const EXCHANGE_HINT =
  "The code that Box gave lives for 30 seconds and is good once: begin again and grant access anew.";
