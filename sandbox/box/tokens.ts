import { randomBytes, randomUUID } from "node:crypto";
import type { Settings } from "./faults.ts";
import type { Row, State } from "./state.ts";

/** Whom a token speaks for, and as what it was granted. */
export interface Login {
  userId: string;
  subject: "enterprise" | "user";
  /** What a downscoped token may do, names with blanks between; `null` for everything. */
  scope?: string | null;
  /** The one item it is good for, as `files/1` or `folders/1`. */
  resource?: string | null;
}

interface Token extends Login {
  token: string;
  kind: "access" | "refresh" | "code";
  expiresAt: number;
  grantId: string;
  redirectUri: string | null;
  usedAt: number | null;
  replacement: string | null;
}

export interface Issued {
  access_token: string;
  expires_in: number;
  refresh_token?: string;
}

/** What was asked of the token address, and what came of it. */
export interface TokenRequest {
  grant: string;
  refreshToken?: string | undefined;
  issued?: Issued;
  /** Box's code, where it gave no token. */
  error?: string;
}

/** The table is strict and its columns are those of Token. */
const tokenOf = (row: Row) => row as unknown as Token;

/** Box: a code lives 30 seconds, a refresh token 60 days. */
const CODE_MS = 30_000;
const REFRESH_MS = 60 * 24 * 3_600_000;

/** How the logins of developer tokens and of server authentication are marked. */
const DEVELOPER = "developer:";
const SERVER = "server:";

export type Tokens = ReturnType<typeof createTokens>;

/** Tokens of all kinds; they survive a restart. */
export function createTokens(state: State, settings: Settings, now: () => number) {
  const find = (token: string, kind: Token["kind"]) =>
    state.one(tokenOf, "select * from tokens where token = ? and kind = ?", token, kind);

  function insert(kind: Token["kind"], login: Login, grantId: string, ms: number, uri?: string) {
    const token = randomBytes(24).toString("base64url");
    const { userId, subject, scope = null, resource = null } = login;
    const row = { token, kind, userId, subject, scope, resource, expiresAt: now() + ms, grantId };
    state.insert("tokens", { ...row, redirectUri: uri ?? null });
    return token;
  }

  const access = (login: Login, grantId: string): Issued => ({
    access_token: insert("access", login, grantId, settings.accessTokenMs),
    expires_in: settings.accessTokenMs / 1000,
  });

  const live = (row: Token | undefined): row is Token =>
    row !== undefined &&
    row.expiresAt > now() &&
    (settings.appAuthorised || !row.grantId.startsWith(SERVER));

  const pair = (login: Login, grantId: string): Issued => ({
    ...access(login, grantId),
    refresh_token: insert("refresh", login, grantId, REFRESH_MS),
  });

  return {
    /** What was asked since the last `length = 0`, the newest last. */
    requests: [] as TokenRequest[],

    /** An access token alone: whoever has the credentials may ask for the next. */
    server: (login: Login): Issued => access(login, `${SERVER}${randomUUID()}`),

    code: (login: Login, redirectUri: string) =>
      insert("code", login, randomUUID(), CODE_MS, redirectUri),

    /** Tokens for a code that is fresh, unused and of the same address; else `undefined`. */
    redeem(code: string, redirectUri: string | undefined): Issued | undefined {
      const row = find(code, "code");
      if (!row || row.usedAt !== null || row.expiresAt <= now()) return undefined;
      if (redirectUri !== undefined && redirectUri !== row.redirectUri) return undefined;
      state.run("update tokens set usedAt = ? where token = ?", now(), code);
      return pair(row, row.grantId);
    },

    /** A new pair for a refresh token, which is used up by it; `undefined` if it was before. */
    refresh(token: string): Issued | undefined {
      const row = find(token, "refresh");
      if (!row || row.expiresAt <= now()) return undefined;
      if (row.usedAt !== null)
        return now() - row.usedAt < settings.refreshGraceMs && row.replacement
          ? (JSON.parse(row.replacement) as Issued)
          : undefined;
      const issued = pair(row, row.grantId);
      state.run(
        "update tokens set usedAt = ?, replacement = ? where token = ?",
        now(),
        JSON.stringify(issued),
        token,
      );
      return issued;
    },

    /** A developer token: nothing renews it. */
    developer: (login: Login): Issued => access(login, `${DEVELOPER}${randomUUID()}`),

    /** Ends every access token at once, as their hour would; refresh tokens stay good. */
    expireAccess: () => state.run("update tokens set expiresAt = ? where kind = 'access'", now()),

    /** Ends what this user granted the application, as they would in their account's settings. */
    withdraw: (userId: string) =>
      state.run(
        `delete from tokens where grantId in
           (select grantId from tokens where userId = ? and kind = 'refresh')`,
        userId,
      ),

    /** Ends the whole login that a token belongs to; true if it was a developer's. */
    revoke(token: string): boolean {
      const row = state.one(tokenOf, "select * from tokens where token = ?", token);
      if (row) state.run("delete from tokens where grantId = ?", row.grantId);
      return row?.grantId.startsWith(DEVELOPER) ?? false;
    },

    /** A weaker token for a live one, ended together with it; `undefined` if that is none. */
    downscope(token: string, scope: string, resource: string | null): Issued | undefined {
      const row = find(token, "access");
      return live(row) ? access({ ...row, scope, resource }, row.grantId) : undefined;
    },

    login(token: string): Login | undefined {
      const row = find(token, "access");
      return live(row) ? row : undefined;
    },
  };
}
