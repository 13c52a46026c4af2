import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  verify,
} from "node:crypto";
import type { People } from "./people.ts";
import type { State } from "./state.ts";

/** The file that Box's developer console hands out once for an application with server authentication. */
export interface JwtConfig {
  boxAppSettings: {
    clientID: string;
    clientSecret: string;
    appAuth: { publicKeyID: string; privateKey: string; passphrase: string };
  };
  enterpriseID: string;
}

/** Whom an assertion speaks for, or what Box says of it. */
export type Asserted = { type: unknown; id: unknown } | { refusal: string };

const wrong = (claim: string, why = "") => ({
  refusal: `Please check the '${claim}' claim.${why}`,
});

export type AppKey = ReturnType<typeof createAppKey>;

/** Box's own address, whatever address the sandbox has: the official clients always name it. */
const AUDIENCE = "https://api.box.com/oauth2/token";
/** https://developer.box.com/guides/authentication/jwt/without-sdk/ */
const LONGEST_S = 60;
const HASHES: Record<string, string> = { RS256: "sha256", RS384: "sha384", RS512: "sha512" };

/** As https://developer.box.com/guides/api-calls/permissions-and-errors/common-errors/ lists them. */
const WRONG_KEY =
  "Signature verification error. The public key identified by 'kid' must correspond to the private key used for signing.";
const OVER = "Current date time must be before the expiration date time listed in the 'exp' claim.";
const TOO_LONG = " The 'exp' value exceeds the maximum value of 60 seconds beyond the issue time.";

/** The application's key pair, made when first asked for; assertions are good once. */
export function createAppKey(state: State, people: People, now: () => number) {
  const used = new Set<string>();
  const passphrase = () => state.remembered("appKeyPassphrase", randomUUID);
  const privateKey = () =>
    state.remembered("appKey", () => {
      const { privateKey: key } = generateKeyPairSync("rsa", {
        modulusLength: 2048,
        publicKeyEncoding: { type: "spki", format: "pem" },
        privateKeyEncoding: {
          type: "pkcs8",
          format: "pem",
          cipher: "aes-256-cbc",
          passphrase: passphrase(),
        },
      });
      return key;
    });
  const config = (): JwtConfig => ({
    boxAppSettings: {
      clientID: people.clientId,
      clientSecret: people.clientSecret,
      appAuth: {
        publicKeyID: people.clientId.slice(0, 8),
        privateKey: privateKey(),
        passphrase: passphrase(),
      },
    },
    enterpriseID: people.enterpriseId,
  });

  return {
    config,

    /** Reads an assertion that this application signed. Throws for what is no signed JWT at all. */
    read(assertion: string): Asserted {
      const [head = "", body = "", signature = ""] = assertion.split(".");
      const { alg, kid } = claimsOf(head);
      const hash = HASHES[String(alg)];
      if (hash === undefined) return wrong("alg");
      const { appAuth } = config().boxAppSettings;
      // The official clients leave it out.
      if (kid !== undefined && kid !== appAuth.publicKeyID)
        return { refusal: "'kid' invalid, unable to lookup correct key." };
      const key = createPublicKey(
        createPrivateKey({ key: appAuth.privateKey, passphrase: appAuth.passphrase }),
      );
      const signed = Buffer.from(`${head}.${body}`);
      if (!verify(hash, signed, key, Buffer.from(signature, "base64url")))
        return { refusal: WRONG_KEY };
      return judge(claimsOf(body));
    },
  };

  function judge({ iss, aud, sub, box_sub_type, exp, jti }: Record<string, unknown>): Asserted {
    const leftS = Number(exp) - now() / 1000;
    if (iss !== people.clientId) return wrong("iss");
    if (![aud].flat().includes(AUDIENCE)) return wrong("aud");
    if (!(leftS > 0)) return { refusal: OVER };
    if (leftS > LONGEST_S) return wrong("exp", TOO_LONG);
    if (typeof jti !== "string" || jti.length < 16 || jti.length > 128 || used.has(jti))
      return wrong("jti", " A unique 'jti' value is required.");
    used.add(jti);
    return { type: box_sub_type, id: sub };
  }
}

const claimsOf = (part: string) =>
  JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
