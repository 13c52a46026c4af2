import { Failure } from "../core/failure.ts";
import type { BoxCredentials } from "./client.ts";
import { refusalOf } from "./errors.ts";
import { fieldsOf, parseJson, textOf } from "./json.ts";
import { readText, type Transport } from "./transport.ts";

export interface Tokens {
  /** A token that Box should accept; callers that come together share one request for it. */
  get(): Promise<string>;
  /** Forgets a token that Box refused. A newer one stays. */
  drop(token: string): void;
}

type CcgCredentials = Extract<BoxCredentials, { kind: "ccg" }>;

/** So long before its end a token is replaced: no call may die of one that ends on the way. */
const MARGIN_MS = 5 * 60 * 1000;

/**
 * Access tokens for one account. Those of the Client Credentials Grant live about an hour and are
 * kept in memory only: every process may ask for its own. A developer token is what it is. Throws
 * `unauthorized` when Box does not know the credentials.
 */
export function createTokens(
  transport: Transport,
  oauthUrl: string,
  credentials: BoxCredentials,
): Tokens {
  return credentials.kind === "ccg"
    ? renewedTokens(() => requestToken(transport, oauthUrl, credentials))
    : { get: async () => credentials.token, drop: () => undefined };
}

interface Grant {
  token: string;
  lifetimeMs: number;
}

function renewedTokens(request: () => Promise<Grant>): Tokens {
  let current: { token: string; usableUntilMs: number } | undefined;
  let asking: Promise<string> | undefined;

  async function ask(): Promise<string> {
    const askedAtMs = Date.now();
    const { token, lifetimeMs } = await request();
    const usableMs = lifetimeMs - Math.min(MARGIN_MS, lifetimeMs / 2);
    current = { token, usableUntilMs: askedAtMs + usableMs };
    return token;
  }

  async function get(): Promise<string> {
    if (current !== undefined && Date.now() < current.usableUntilMs) return current.token;
    asking ??= ask().finally(() => (asking = undefined));
    return asking;
  }

  function drop(token: string) {
    if (current?.token === token) current = undefined;
  }

  return { get, drop };
}

async function requestToken(
  transport: Transport,
  oauthUrl: string,
  { clientId, clientSecret, subject, subjectId }: CcgCredentials,
): Promise<Grant> {
  const answer = await transport.send({
    kind: "token",
    method: "POST",
    url: `${oauthUrl}/token`,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: clientSecret,
      box_subject_type: subject,
      box_subject_id: subjectId,
    }).toString(),
  });
  const text = await readText(answer);
  if (answer.status !== 200)
    throw refusedGrant(refusalOf({ ...answer, text, asked: "the request for a token" }), subject);
  const grant = readGrant(text);
  if (grant === undefined)
    throw new Failure("transient", "Box answered the request for a token without one.");
  return grant;
}

function readGrant(text: string): Grant | undefined {
  try {
    const body = fieldsOf(parseJson(text));
    const token = textOf(body["access_token"]);
    const seconds = Number(body["expires_in"]);
    return token && seconds > 0 ? { token, lifetimeMs: seconds * 1000 } : undefined;
  } catch {
    return undefined;
  }
}

/** Any refusal that another try cannot mend means that the credentials are no good as they stand. */
function refusedGrant(failure: Failure, subject: CcgCredentials["subject"]): Failure {
  if (failure.kind === "transient" || failure.kind === "throttled") return failure;
  const { message, status, code, requestId } = failure;
  const hint = GRANT_HINTS[code ?? ""]?.(subject) ?? GRANT_HINT;
  return new Failure("unauthorized", message, { hint, status, code, requestId });
}

const GRANT_HINT =
  "See that the client id and secret, the subject and the authorisation of the application are those of Box's Developer Console and Admin Console.";

const GRANT_HINTS: Record<string, (subject: CcgCredentials["subject"]) => string> = {
  invalid_client: () =>
    "Box does not know this client id and secret: copy both again from Configuration, OAuth 2.0 Credentials in the Developer Console.",
  unauthorized_client: () =>
    "The application may not use this grant: it must be a Custom App with Server Authentication (Client Credentials Grant), authorised in the Admin Console under Apps, Custom Apps Manager.",
  invalid_grant: (subject) =>
    subject === "enterprise"
      ? "See that the subject is your Enterprise ID (Developer Console, General Settings) and authorise the application in the Admin Console under Apps, Custom Apps Manager; after any change of its scopes, again."
      : "See that the subject is the user's id, that the application has App + Enterprise Access and may Generate User Access Tokens (Developer Console, Configuration), and authorise it again in the Admin Console under Apps, Custom Apps Manager.",
};
