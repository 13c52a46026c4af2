import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { createConsent } from "../../src/box/auth-consent.ts";
import { createTransport } from "../../src/box/transport.ts";
import { type AccountId, accountId } from "../../src/core/ids.ts";
import { accounts } from "../../src/db/schema.ts";
import {
  type OauthLogin,
  openCredentials,
  sealCredentials,
} from "../../src/operations/kept-credentials.ts";
import { createSecrets } from "../../src/secrets.ts";
import { codeOf, grantAccess } from "./consent.ts";
import type { House } from "./house.ts";

const REDIRECT = "http://127.0.0.1:1/oauth/box/callback";

/** An account with a login that the sandbox has just granted as `boxUserId`, written as a row. */
export async function grantedAccount(
  { box, db, config }: House,
  rest: Partial<typeof accounts.$inferInsert> = {},
): Promise<AccountId> {
  const { clientId, clientSecret } = box.ccg;
  const userId = rest.boxUserId ?? box.ccg.userId;
  const consent = createConsent(createTransport(), config.box.oauthUrl);
  const back = await grantAccess(consent.address(clientId, REDIRECT, "state"), userId);
  const pair = await consent.exchange({ clientId, clientSecret }, codeOf(back), REDIRECT);
  const id = accountId(randomUUID());
  const kept: OauthLogin = { kind: "oauth", clientId, clientSecret, pair };
  await db.insert(accounts).values({
    id,
    name: `Granted ${id}`,
    authKind: "oauth",
    credentials: sealCredentials(createSecrets(config.secretsKey), kept, id),
    stream: "changes",
    boxUserId: userId,
    ...rest,
  });
  return id;
}

export async function rowOf({ db }: House, id: string) {
  const [row] = await db.select().from(accounts).where(eq(accounts.id, id));
  if (!row) throw new Error("no such account");
  return row;
}

/** The login as it is kept; a test may write another one. */
export async function keptLogin(house: House, id: string): Promise<OauthLogin> {
  const { credentials } = await rowOf(house, id);
  const secrets = createSecrets(house.config.secretsKey);
  const kept = openCredentials(secrets, credentials ?? Buffer.of(), id);
  if (kept.kind !== "oauth") throw new Error(`it is ${kept.kind}`);
  return kept;
}

export async function keepLogin(house: House, id: string, login: OauthLogin): Promise<void> {
  const credentials = sealCredentials(createSecrets(house.config.secretsKey), login, id);
  await house.db.update(accounts).set({ credentials }).where(eq(accounts.id, id));
}
