import type { Context, MiddlewareHandler } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { SESSION_MS, type Sessions } from "../session.ts";

export interface Guard {
  /** What every answer says about what a browser may do with it. */
  headers: MiddlewareHandler;
  /** Lets a signed-in person through and leads anybody else to the sign-in page. */
  signedIn: MiddlewareHandler;
  /** Refuses to change anything for a request that another site's page made. */
  ownOrigin: MiddlewareHandler;
  begin(c: Context): void;
  end(c: Context): void;
}

/** Scripts, styles and requests are our own and never inline; nothing may frame a page. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const COOKIE = "longshore_session";

/**
 * The doorkeeper of the pages. `publicUrl` is the address that browsers show: with https, the
 * cookie never travels without it.
 */
export function createGuard(sessions: Sessions, publicUrl: string | undefined): Guard {
  const secure = publicUrl?.startsWith("https:") ?? false;
  const publicOrigin = publicUrl && new URL(publicUrl).origin;
  const cookie = { httpOnly: true, sameSite: "Strict", path: "/", secure } as const;

  return {
    async headers(c, next) {
      c.header("content-security-policy", POLICY);
      c.header("x-content-type-options", "nosniff");
      c.header("referrer-policy", "no-referrer");
      c.header("cross-origin-opener-policy", "same-origin");
      c.header("cache-control", "no-store");
      await next();
    },
    async signedIn(c, proceed) {
      if (sessions.accepts(getCookie(c, COOKIE))) return proceed();
      // A refreshing page asks for itself, so its path and query are where to come back to.
      const { pathname, search } = new URL(c.req.url);
      const next = c.req.method === "GET" ? pathname + search : "/";
      const way = `/sign-in?next=${encodeURIComponent(next)}`;
      if (c.req.header("hx-request") !== "true") return c.redirect(way, 303);
      c.header("hx-redirect", way);
      return c.body(null, 401);
    },
    async ownOrigin(c, next) {
      const origin = c.req.header("origin");
      const own = origin === new URL(c.req.url).origin || origin === publicOrigin;
      if (origin === undefined || !own || c.req.header("sec-fetch-site") === "cross-site")
        return c.text("This request did not come from a page of this service.\n", 403);
      return next();
    },
    begin: (c) => setCookie(c, COOKIE, sessions.issue(), { ...cookie, maxAge: SESSION_MS / 1000 }),
    end: (c) => void deleteCookie(c, COOKIE, cookie),
  };
}

/**
 * A path of ours to return to, or `/` when it is anything else: never another site's address. The
 * characters that a browser would read as the start of one, or drop, are not let through.
 */
export const safePath = (text: unknown): string =>
  typeof text === "string" && /^\/(?![/\\])[^\\\p{Cc}]*$/u.test(text) ? text : "/";
