import { randomUUID } from "node:crypto";
import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { accountId, isUuid } from "../../core/ids.ts";
import { isNameTaken } from "../../db/account-list.ts";
import {
  applicationOf,
  finishLink,
  type PendingLink,
  pendingRelink,
} from "../../operations/link-by-consent.ts";
import type { HttpDeps } from "../deps.ts";
import { createPendingLinks } from "../pending-links.ts";
import { Problem } from "../problem.ts";
import { toKnownProblem } from "../to-problem.ts";
import { refusedConsent } from "./consent-refusals.ts";
import { formOf, textsOf } from "./form.ts";
import {
  GrantAccessPage,
  GrantAgainPage,
  type GrantAgainProps,
  LinkBoxPage,
  LinkedPage,
} from "./link-box.tsx";
import { readGrant, readLink } from "./link-forms.ts";
import type { Show } from "./view.ts";

/** Linking an account by OAuth 2.0, with a person in it. Mounted behind the pages' guard. */
export function createLinkRoutes(deps: HttpDeps, show: Show): Hono {
  const { db, publicUrl, consent } = deps;
  const redirectUri = publicUrl === undefined ? undefined : `${publicUrl}/oauth/box/callback`;
  const links = createPendingLinks(deps, publicUrl);
  const app = new Hono();
  const applicationAt = async (id: string) =>
    isUuid(id) ? applicationOf(deps, accountId(id)) : undefined;

  app.get("/accounts/link", (c) => showForm(c, {}));

  app.post("/accounts/link", async (c) => {
    if (redirectUri === undefined) return showForm(c, {}, undefined, 400);
    const texts = textsOf(await formOf(c));
    const asked = readLink(texts);
    if (typeof asked === "string") return showForm(c, texts, asked);
    // Asked before the person is led to Box: afterwards the grant would be given for nothing.
    if (await isNameTaken(db, asked.name)) return showForm(c, texts, NAME_TAKEN, 409);
    return ask(c, { id: randomUUID(), ...asked }, redirectUri);
  });

  app.get("/accounts/:id/grant", async (c) => {
    const id = c.req.param("id");
    const known = await applicationAt(id);
    return known ? showAgain(c, { id, ...known, refusal: undefined }) : nothing(c, NO_ACCOUNT);
  });

  app.post("/accounts/:id/grant", async (c) => {
    const id = c.req.param("id");
    const known = await applicationAt(id);
    if (!known || redirectUri === undefined) return nothing(c, NO_ACCOUNT);
    const read = readGrant(textsOf(await formOf(c)), known.clientId);
    const pending = read && (await pendingRelink(deps, accountId(id), read.other));
    if (pending) return ask(c, pending, redirectUri);
    return showAgain(c, { id, ...known, refusal: "Enter the client id and its secret." });
  });

  app.get("/oauth/box/callback", async (c) => {
    const { state, code, error } = c.req.query();
    const pending = await links.take(c, state);
    if (!pending || redirectUri === undefined) return nothing(c, UNKNOWN);
    if (pending === "spent") return nothing(c, SPENT);
    const begin = pending.again ? `/accounts/${pending.id}/grant` : undefined;
    if (!code) return nothing(c, refusedConsent(error), begin);
    try {
      const name = await finishLink(deps, pending, code, redirectUri);
      if (name === undefined) return await nothing(c, SPENT, begin);
      const body = <LinkedPage name={name} id={pending.id} />;
      return await show(c, { title: "Linked", room: undefined, body });
    } catch (error) {
      return nothing(c, toKnownProblem(error), begin);
    }
  });

  function ask(c: Context, pending: PendingLink, backTo: string) {
    const state = links.begin(c, pending);
    const address = consent.address(pending.clientId, backTo, state);
    const body = <GrantAccessPage name={pending.name} address={address} />;
    return show(c, { title: "Grant access to Box", room: undefined, body });
  }
  function showForm(
    c: Context,
    { name, clientId }: ReturnType<typeof textsOf>,
    refusal?: string,
    status: ContentfulStatusCode = refusal === undefined ? 200 : 400,
  ) {
    const body = <LinkBoxPage {...{ redirectUri, refusal, name, clientId }} />;
    return show(c, { title: "Link with Box", room: undefined, body }, status);
  }
  function showAgain(c: Context, known: Omit<GrantAgainProps, "redirectUri">) {
    const body = <GrantAgainPage {...known} redirectUri={redirectUri} />;
    const status = known.refusal === undefined ? 200 : 400;
    return show(c, { title: "Grant access again", room: undefined, body }, status);
  }
  const nothing = (c: Context, { status, message: detail, hint }: Problem, begin?: string) => {
    const body = <LinkedPage name={undefined} refusal={{ detail, hint }} begin={begin} />;
    return show(c, { title: "Nothing was linked", room: undefined, body }, status);
  };
  return app;
}

const NAME_TAKEN = "Another account has this name, whatever its case: choose another.";
const UNKNOWN = new Problem(
  400,
  "This browser did not begin this link, or it is used or too old.",
  {
    hint: "Begin and end in one browser, at the address in PUBLIC_URL, within ten minutes.",
  },
);
const SPENT = new Problem(409, "This link was used already, or another grant came before it.", {
  hint: "See in the overview whether the account is linked; if not, begin again.",
});
const NO_ACCOUNT = new Problem(404, "There is no such account.");
