import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

/** A session ends so long after signing in, used or not: a working day. */
export const SESSION_MS = 8 * 60 * 60_000;

export interface Sessions {
  /** True for the admin token; the time it takes says nothing about where another one differs. */
  admits(token: string): boolean;
  /** A new session's value, for a cookie. It holds its end and a nonce, and nothing secret. */
  issue(): string;
  /** True while the session lasts; false for whatever `issue` did not make with this token. */
  accepts(value: string | undefined): boolean;
}

/**
 * Sessions that are kept nowhere: a value is `<end in ms>.<nonce>.<mac>`, signed by a key derived
 * from the admin token. Every process of the service accepts what another one issued, and a
 * changed token ends them all. Signing out only forgets the cookie.
 */
export function createSessions(adminToken: string, now: () => number = Date.now): Sessions {
  const key = Buffer.from(hkdfSync("sha256", adminToken, "", "longshore session", 32));
  const mac = (text: string) => createHmac("sha256", key).update(text).digest();

  return {
    admits: (token) => timingSafeEqual(mac(token), mac(adminToken)),
    issue() {
      const claim = `${now() + SESSION_MS}.${randomBytes(16).toString("base64url")}`;
      return `${claim}.${mac(claim).toString("base64url")}`;
    },
    accepts(value) {
      const [endsAt, nonce, signature, ...rest] = value?.split(".") ?? [];
      if (!endsAt || !nonce || !signature || rest.length > 0) return false;
      const given = Buffer.from(signature, "base64url");
      const right = mac(`${endsAt}.${nonce}`);
      return (
        given.length === right.length && timingSafeEqual(given, right) && now() < Number(endsAt)
      );
    },
  };
}
