import type { Context } from "hono";
import type { Core } from "../core.ts";
import { forbidden, Refusal } from "../refusal.ts";
import { itemIn, permits } from "../scopes.ts";
import type { Login, Tokens } from "../tokens.ts";

/** The token is unknown, expired, or treated so by a fault. */
export class Unauthorized extends Error {}

/** Whom this request is made for: the token's user, or another one named in `As-User`. */
export function loginOf(c: Context, { people, access, items }: Core, tokens: Tokens): Login {
  const bearer = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  const login = tokens.login(bearer ?? "");
  if (!login || !people.user(login.userId)) throw new Unauthorized();
  if (login.scope && !permits(login.scope, c.req.method, c.req.path)) throw tooNarrow();
  if (login.resource && !leadsTo(login.resource, itemIn(c.req.path))) throw tooNarrow();

  const asUser = c.req.header("as-user");
  if (asUser === undefined) return login;
  // https://developer.box.com/guides/authentication/jwt/as-user/
  if (login.userId !== people.serviceUserId || !people.user(asUser)) throw forbidden();
  return { userId: asUser, subject: "user" };

  /** A downscoped token is good for its item and what is below; ids in bodies are not looked at. */
  function leadsTo(resource: string, asked: string | null): boolean {
    if (asked === null || asked === resource) return true;
    const item = items.get(asked.split("/")[1]!);
    const view = item && access.view(login!.userId, item);
    return view?.path.some(({ id }) => `folders/${id}` === resource) ?? false;
  }
}

const tooNarrow = () =>
  new Refusal(403, "insufficient_scope", "The token's scopes do not allow this request");
