import { z } from "zod";
import type { TokenStore } from "../box/tokens.ts";
import { Failure } from "../core/failure.ts";
import type { BoxCredentials } from "../box/credentials.ts";
import type { Secrets } from "../secrets.ts";
import { credentialsPlace } from "./secret-places.ts";

const text = z.string();
const app = { clientId: text, clientSecret: text };
const subject = { subject: z.enum(["enterprise", "user"]), subjectId: text };
const pair = z.object({
  accessToken: text,
  refreshToken: text,
  usableUntilMs: z.number(),
  refusedAtMs: z.number().optional(),
});

const oauthLogin = z.object({
  kind: z.literal("oauth"),
  ...app,
  pair,
  /** The grant that it came of, when it was not the account's first: a grant is good once. */
  grant: text.optional(),
});

const keptCredentials = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ccg"), ...app, ...subject }),
  z.object({
    kind: z.literal("jwt"),
    ...app,
    ...subject,
    publicKeyId: text,
    privateKey: text,
    passphrase: text,
  }),
  oauthLogin,
  z.object({ kind: z.literal("developerToken"), token: text }),
]);

/** Credentials as they are sealed: nothing but text and numbers. */
export type KeptCredentials = z.infer<typeof keptCredentials>;
/** An OAuth 2.0 login as it is sealed in its account's row. */
export type OauthLogin = z.infer<typeof oauthLogin>;

export const sealCredentials = (secrets: Secrets, kept: KeptCredentials, account: string): Buffer =>
  secrets.seal(kept, credentialsPlace(account));

/**
 * Throws `unauthorized` where no known key opens them: the account waits for a person, as it does when
 * Box refuses them. Throws for a form that this version does not know; no value is told.
 */
export function openCredentials(
  secrets: Secrets,
  sealed: Uint8Array,
  account: string,
): KeptCredentials {
  const read = keptCredentials.safeParse(opened(secrets, sealed, account));
  if (read.success) return read.data;
  const places = read.error.issues.map(({ path }) => path.join(".") || "kind");
  throw new Error(
    `the credentials of account ${account} have a form that is not known (${places.join(", ")})`,
  );
}

function opened(secrets: Secrets, sealed: Uint8Array, account: string): unknown {
  try {
    return secrets.open(sealed, credentialsPlace(account));
  } catch (error) {
    throw new Failure("unauthorized", `The account's credentials cannot be read: ${said(error)}`, {
      hint: "Start every process with the key that sealed them, as SECRETS_KEY or SECRETS_KEY_PREVIOUS. If it is lost, enter the credentials anew.",
      cause: error,
    });
  }
}

/** The words of `Secrets.open`, which hold no value. */
const said = (error: unknown) => (error instanceof Error ? error.message : "unknown");

export async function toKept(auth: BoxCredentials): Promise<KeptCredentials> {
  if (auth.kind !== "oauth") return auth;
  const { kind, clientId, clientSecret, tokens } = auth;
  return { kind, clientId, clientSecret, pair: await tokens.read() };
}

export function fromKept(kept: KeptCredentials, tokens: TokenStore): BoxCredentials {
  if (kept.kind !== "oauth") return kept;
  const { kind, clientId, clientSecret } = kept;
  return { kind, clientId, clientSecret, tokens };
}
