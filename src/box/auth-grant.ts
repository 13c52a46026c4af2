import { Failure } from "../core/failure.ts";
import { refusalOf } from "./errors.ts";
import type { GrantRefusal } from "./grant-hints.ts";
import { fieldsOf, parseJson, textOf } from "./json.ts";
import { readText } from "./body.ts";
import type { TokenPair } from "./tokens.ts";
import type { BoxAnswer, Transport } from "./transport.ts";

/** What Box's token address gives. */
export interface Grant {
  token: string;
  /** By Box's clock, ms since 1970: from then on it is replaced before it is used. */
  usableUntilMs: number;
  /** With OAuth 2.0 alone: good for one use. */
  refreshToken: string | undefined;
}

/** So long before its end a token is replaced: no call may die of one that ends on the way. */
const MARGIN_MS = 5 * 60 * 1000;

/** How long a token lives unless Box says: https://developer.box.com/guides/authentication/tokens/ */
const LIFE_S = 3600;

/** How long a token is used; one that lives shortly, for half its life. */
const usableMs = (lifetimeMs: number) => lifetimeMs - Math.min(MARGIN_MS, lifetimeMs / 2);

export interface GrantRequest {
  transport: Transport;
  /** The base under which `/token` lies. */
  oauthUrl: string;
  form: Record<string, string>;
  /** What a person can do about a refusal. */
  hintFor: (refusal: GrantRefusal) => string;
}

/**
 * One request for a token. Any refusal that another try cannot mend means that the credentials are
 * no good as they stand, and throws `unauthorized`; its text never holds Box's description, which
 * may quote what was sent.
 */
export async function requestGrant(request: GrantRequest): Promise<Grant> {
  const { transport, oauthUrl, form, hintFor } = request;
  const askedAt = performance.now();
  const answer = await sendForm(transport, `${oauthUrl}/token`, form);
  const { text } = answer;
  if (answer.status !== 200) {
    const refusal = refusalOf({ ...answer, asked: "the request for a token" });
    throw refusedGrant(refusal, (code) => hintFor({ code, description: descriptionIn(text) }));
  }
  // By the clock that this very answer has set: it may be the first.
  const grant = readGrant(text, transport.clock.nowMs() - (performance.now() - askedAt));
  if (grant === undefined)
    throw new Failure("transient", "Box answered the request for a token without one.");
  return grant;
}

/** A form for one of Box's token addresses, and all that it answers. */
export async function sendForm(
  transport: Transport,
  url: string,
  form: Record<string, string>,
): Promise<BoxAnswer & { text: string }> {
  const answer = await transport.send({
    kind: "token",
    method: "POST",
    url,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(form).toString(),
  });
  return { ...answer, text: await readText(answer) };
}

/** What a login holds after a grant. Throws `transient` for one without a refresh token. */
export function pairOf({ token, usableUntilMs, refreshToken }: Grant): TokenPair {
  if (!refreshToken)
    throw new Failure("transient", "Box answered the request for a token without a refresh token.");
  return { accessToken: token, refreshToken, usableUntilMs };
}

function readGrant(text: string, askedAtMs: number): Grant | undefined {
  try {
    const body = fieldsOf(parseJson(text));
    const token = textOf(body["access_token"]);
    // OAuth 2.0 recommends it, no more; and a token that ends earlier is replaced when it is refused.
    const seconds = Number(body["expires_in"] ?? LIFE_S);
    if (!token || !(seconds > 0)) return undefined;
    const usableUntilMs = askedAtMs + usableMs(seconds * 1000);
    return { token, usableUntilMs, refreshToken: textOf(body["refresh_token"]) };
  } catch {
    return undefined;
  }
}

function descriptionIn(text: string): string {
  try {
    return textOf(fieldsOf(parseJson(text))["error_description"]) ?? "";
  } catch {
    return "";
  }
}

/** A refusal of the token addresses: whatever another try cannot mend is the credentials' fault. */
export function refusedGrant(
  failure: Failure,
  hintFor: (code: string | undefined) => string,
): Failure {
  if (failure.kind === "transient" || failure.kind === "throttled") return failure;
  const { message, status, code, requestId } = failure;
  return new Failure("unauthorized", message, { hint: hintFor(code), status, code, requestId });
}
