import type { BoxApp } from "./credentials.ts";
import { refusedGrant, sendForm } from "./auth-grant.ts";
import { WRONG_CLIENT } from "./grant-hints.ts";
import { refusalOf } from "./errors.ts";
import type { Transport } from "./transport.ts";

/** What Box says of a token that is dead already. */
const DEAD = new Set<string | undefined>(["invalid_token", "invalid_grant"]);

/**
 * Ends a token, and with a refresh token its whole login:
 * https://developer.box.com/guides/authentication/tokens/revoke/. Again, or for one that ended by
 * itself, is done as well. Throws `unauthorized` when Box does not know the application.
 */
export async function revokeToken(
  transport: Transport,
  oauthUrl: string,
  { clientId, clientSecret }: BoxApp,
  token: string,
): Promise<void> {
  const form = { client_id: clientId, client_secret: clientSecret, token };
  const answer = await sendForm(transport, `${oauthUrl}/revoke`, form);
  if (answer.status === 200) return;
  const failure = refusalOf({ ...answer, asked: "the request to revoke a token" });
  if (!DEAD.has(failure.code)) throw refusedGrant(failure, () => WRONG_CLIENT);
}
