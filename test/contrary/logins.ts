import { createPublicKey, generateKeyPairSync, randomUUID, verify } from "node:crypto";
import type { Asked, Reply } from "./door.ts";

/** What its documents leave open of a login. */
export interface LoginManner {
  /** The answer of the token address; `refreshToken` where a person granted access. */
  grant: (token: string, refreshToken: string | undefined) => object;
  /** A refresh token is replaced whenever it is used, and then is no good. */
  rotates: boolean;
  refuseGrant: (code: string) => Reply;
  /** What stands beside the code and the state where a person is led back. */
  besideCode: Record<string, string>;
}

export const APPLICATION = { clientId: "client", clientSecret: "secret", enterpriseId: "500" };

/** Tokens as https://www.rfc-editor.org/rfc/rfc6749 and https://www.rfc-editor.org/rfc/rfc7523 have them. */
export function createLogins(manner: LoginManner) {
  const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const live = new Set<string>();
  const codes = new Set<string>();
  const refreshing = new Set<string>();
  const asserted = new Set<string>();
  /** The kinds of grants that were asked for, in order. */
  const grants: string[] = [];

  function give(refreshToken?: string): Reply {
    const token = `token of ${grants.at(-1)} ${randomUUID()}`.replaceAll(/[^a-z0-9]/gi, "");
    live.add(token);
    return { body: manner.grant(token, refreshToken) };
  }

  function giveBoth(): Reply {
    const refreshToken = randomUUID();
    refreshing.add(refreshToken);
    return give(refreshToken);
  }

  function isAsserted(assertion: string): boolean {
    const [head = "", body = "", signature = ""] = assertion.split(".");
    const { iss, aud, exp, jti } = JSON.parse(Buffer.from(body, "base64url").toString());
    const key = createPublicKey(pair.privateKey);
    const isSigned = verify(
      "sha512",
      Buffer.from(`${head}.${body}`),
      key,
      Buffer.from(signature, "base64url"),
    );
    const leftS = exp - Date.now() / 1000;
    const isNew = !asserted.has(jti);
    asserted.add(jti);
    const isMeant = iss === APPLICATION.clientId && aud === "https://api.box.com/oauth2/token";
    return isSigned && isNew && isMeant && leftS > 0 && leftS <= 60;
  }

  function answerToken({ body }: Asked): Reply {
    const form = new URLSearchParams(body.toString());
    const { clientId, clientSecret } = APPLICATION;
    if (form.get("client_id") !== clientId || form.get("client_secret") !== clientSecret)
      return manner.refuseGrant("invalid_client");
    const type = form.get("grant_type") ?? "";
    grants.push(type);
    const said = (name: string) => form.get(name) ?? "";
    const isGood: Record<string, () => boolean> = {
      client_credentials: () => said("box_subject_id") === APPLICATION.enterpriseId,
      "urn:ietf:params:oauth:grant-type:jwt-bearer": () => isAsserted(said("assertion")),
      authorization_code: () => codes.delete(said("code")),
      refresh_token: () => refreshing.has(said("refresh_token")),
    };
    if (!isGood[type]?.()) return manner.refuseGrant("invalid_grant");
    if (type === "authorization_code") return giveBoth();
    if (type !== "refresh_token") return give();
    if (!manner.rotates) return give();
    refreshing.delete(said("refresh_token"));
    return giveBoth();
  }

  return {
    grants,
    isLive: (token: string) => live.has(token),
    /** No token that was given so far is good any more. */
    end: () => live.clear(),

    /** The file of an application with server authentication. */
    jwtConfig: () => ({
      boxAppSettings: {
        clientID: APPLICATION.clientId,
        clientSecret: APPLICATION.clientSecret,
        appAuth: {
          publicKeyID: "key",
          privateKey: pair.privateKey.export({ type: "pkcs8", format: "pem" }),
          passphrase: "",
        },
      },
      enterpriseID: APPLICATION.enterpriseId,
    }),

    /** Answers what is asked about logins; undefined for anything else. */
    answer(asked: Asked): Reply | undefined {
      const { pathname, searchParams } = asked.url;
      if (pathname === "/oauth2/token") return answerToken(asked);
      if (pathname === "/oauth2/revoke") return { status: 200 };
      if (pathname !== "/api/oauth2/authorize") return undefined;
      const code = randomUUID();
      codes.add(code);
      const back = new URL(searchParams.get("redirect_uri") ?? "");
      const state = searchParams.get("state") ?? "";
      back.search = new URLSearchParams({ ...manner.besideCode, state, code }).toString();
      return { status: 302, headers: { location: back.href } };
    },
  };
}
