import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { Problem } from "./problem.ts";

const digest = (text: string) => createHash("sha256").update(text).digest();

/**
 * Lets only requests with `Authorization: Bearer <admin token>` through. Digests are compared, in
 * constant time, so that neither the token's length nor its beginning shows in the time it takes.
 */
export function requireAdminToken(adminToken: string): MiddlewareHandler {
  const right = digest(adminToken);
  return async (c, next) => {
    const given = /^Bearer +(.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    if (given === undefined || !timingSafeEqual(digest(given), right))
      throw new Problem(401, "The admin token is missing or wrong", {
        hint: "Send Authorization: Bearer with the value of ADMIN_TOKEN.",
        headers: { "www-authenticate": "Bearer" },
      });
    await next();
  };
}
