import { setTimeout } from "node:timers/promises";
import { createStoredTokens } from "../../src/box/auth-oauth.ts";
import { createTransport } from "../../src/box/transport.ts";
import { Failure } from "../../src/core/failure.ts";
import { accountId } from "../../src/core/ids.ts";
import { markNeedsRelogin } from "../../src/db/accounts.ts";
import { openDatabase } from "../../src/db/open.ts";
import { accountTokens } from "../../src/operations/oauth-login.ts";
import { createSecrets } from "../../src/secrets.ts";

/** What such a process is told, as JSON in `LOGIN`. */
export interface LoginOfUser {
  databaseUrl: string;
  secretsKey: string;
  account: string;
  oauthUrl: string;
  clientId: string;
  clientSecret: string;
}

/** What it tells: that it is about to ask Box, that it has a token, that it was refused one. */
export type Told = { of: "asking" } | { of: "token"; token: string } | { of: "refused" };

/*
 * One process that lives on an account's OAuth 2.0 login, light enough to be killed often: it wants a
 * token, and another, for ever, and does with a refusal what a job does.
 */
const { databaseUrl, secretsKey, account, oauthUrl, clientId, clientSecret } = JSON.parse(
  process.env["LOGIN"] ?? "{}",
) as LoginOfUser;
const tell = (told: Told) => process.send?.(told);

const { db, close } = openDatabase(databaseUrl, 2);
const id = accountId(account);
const secrets = createSecrets(Buffer.from(secretsKey, "base64"));
const transport = createTransport();
const tokens = createStoredTokens(
  {
    clock: transport.clock,
    send(request) {
      tell({ of: "asking" });
      return transport.send(request);
    },
  },
  oauthUrl,
  { clientId, clientSecret, tokens: accountTokens({ db, secrets, account: id }) },
);

const stopping = new AbortController();
process.once("message", () => stopping.abort());
// Nobody is left to stop it.
process.once("disconnect", () => process.exit());
while (!stopping.signal.aborted) {
  try {
    const token = await tokens.get();
    tell({ of: "token", token });
    // As if Box had refused it: each use refreshes.
    tokens.drop(token);
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "unauthorized") throw error;
    await markNeedsRelogin(db, id, error.message);
    tell({ of: "refused" });
    await setTimeout(5);
  }
}
await close();
process.disconnect();
