import { createPrivateKey, type KeyObject, randomUUID, sign } from "node:crypto";
import { Failure } from "../core/failure.ts";
import { type Grant, requestGrant } from "./auth-grant.ts";
import type { BoxCredentials } from "./credentials.ts";
import { hintForServer } from "./grant-hints.ts";
import type { Transport } from "./transport.ts";

type JwtCredentials = Extract<BoxCredentials, { kind: "jwt" }>;

/**
 * Box's own name in an assertion, whatever address the request is sent to: a proxy or another
 * endpoint changes where the token address is, not whom the assertion is meant for.
 */
const AUDIENCE = "https://api.box.com/oauth2/token";

/** Box takes up to 60 seconds; the rest is room for the way and for clocks that differ a little. */
const LIFE_S = 45;

/** A difference that the room above absorbs, so that no refusal can have come of it. */
const HARMLESS_SKEW_MS = 5_000;

/**
 * Tokens for a JWT application: https://developer.box.com/guides/authentication/jwt/without-sdk/.
 * Every try signs a new assertion with an id of its own, since Box takes each once. When Box refuses
 * one and its `Date` shows that our clock was off by more than we knew, the request is repeated, once. The private key is decrypted when first used.
 */
export function createAssertedGrant(
  transport: Transport,
  oauthUrl: string,
  credentials: JwtCredentials,
): () => Promise<Grant> {
  let key: KeyObject | undefined;
  const { clock } = transport;
  const skewMs = () => clock.offsetMs() ?? 0;

  function ask(): Promise<Grant> {
    key ??= createPrivateKey(keyInput(credentials));
    return requestGrant({
      transport,
      oauthUrl,
      form: {
        grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
        client_id: credentials.clientId,
        client_secret: credentials.clientSecret,
        assertion: signAssertion(credentials, key, clock.nowMs()),
      },
      hintFor: (refusal) => hintForServer(credentials, refusal),
    });
  }

  return async () => {
    const knownMs = skewMs();
    try {
      return await ask();
    } catch (error) {
      const refused = error instanceof Failure && error.kind === "unauthorized";
      if (!refused || Math.abs(skewMs() - knownMs) <= HARMLESS_SKEW_MS) throw error;
      return ask();
    }
  };
}

function signAssertion(credentials: JwtCredentials, key: KeyObject, nowMs: number): string {
  const header = { alg: "RS512", typ: "JWT", kid: credentials.publicKeyId };
  const claims = {
    iss: credentials.clientId,
    sub: credentials.subjectId,
    box_sub_type: credentials.subject,
    aud: AUDIENCE,
    jti: randomUUID(),
    exp: Math.floor(nowMs / 1000) + LIFE_S,
  };
  const signed = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${signed}.${sign("sha512", Buffer.from(signed), key).toString("base64url")}`;
}

type KeyPair = Pick<JwtCredentials, "privateKey" | "passphrase">;

const keyInput = ({ privateKey, passphrase }: KeyPair) =>
  passphrase === "" ? privateKey : { key: privateKey, passphrase };

/** Which of the two is wrong, in words that hold neither; undefined when the key opens. */
export function faultOfKey(
  pair: KeyPair,
): { of: "privateKey" | "passphrase"; detail: string } | undefined {
  try {
    const { asymmetricKeyType: type } = createPrivateKey(keyInput(pair));
    return type === "rsa" ? undefined : { of: "privateKey", detail: "is not an RSA key" };
  } catch {
    return /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(pair.privateKey)
      ? { of: "passphrase", detail: "does not open the private key" }
      : { of: "privateKey", detail: "is not a private key in PEM" };
  }
}
