import { randomUUID } from "node:crypto";
import { type Context, Hono } from "hono";
import { z } from "zod";
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
import {
  GrantAccessPage,
  GrantAgainPage,
  type GrantAgainProps,
  LinkBoxPage,
  LinkedPage,
} from "./link-box.tsx";
import type { Show } from "./view.ts";

/** Plain text, and so short that all of it sealed fits into a cookie (4096 bytes). */
const plain = (longest: number) =>
  z
    .string()
    .trim()
    .regex(/^[\x21-\x7e]*$/)
    .max(longest);

const linkForm = z.object({
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .refine((name) => name.isWellFormed() && !/\p{Cc}/u.test(name)),
  clientId: plain(200).min(1),
  clientSecret: plain(500).min(1),
  primary: plain(500).default(""),
  secondary: plain(500).default(""),
});

/** Both are left empty by who goes on with the application that the account has. */
const grantForm = z
  .object({ clientId: plain(200).default(""), clientSecret: plain(500).default("") })
  .refine(({ clientId, clientSecret }) => clientSecret === "" || clientId !== "");

/** Linking an account by OAuth 2.0, with a person in it. Mounted behind the pages' guard. */
export function createLinkRoutes(deps: HttpDeps, show: Show): Hono {
  const { publicUrl, consent } = deps;
  const redirectUri = publicUrl === undefined ? undefined : `${publicUrl}/oauth/box/callback`;
  const links = createPendingLinks(deps, publicUrl);
  const app = new Hono();

  app.get("/accounts/link", (c) => {
    const body = <LinkBoxPage redirectUri={redirectUri} refusal={undefined} />;
    return show(c, { title: "Link with Box", room: undefined, body });
  });

  app.post("/accounts/link", async (c) => {
    const form = await c.req.parseBody();
    const read = linkForm.safeParse(form);
    const keys = read.data && { primary: read.data.primary, secondary: read.data.secondary };
    const half = keys && (keys.primary === "") !== (keys.secondary === "");
    // Asked before the person is led to Box: afterwards the grant would be given for nothing.
    const isTaken = read.success && (await isNameTaken(deps.db, read.data.name));
    if (!read.success || half || isTaken || redirectUri === undefined) {
      const refusal = half
        ? "Enter both signature keys, or none."
        : isTaken
          ? "Another account has this name, whatever its case: choose another."
          : `Enter again: ${read.error?.issues.map(({ path }) => String(path[0])).join(", ")}`;
      const { name, clientId } = form;
      const filled = {
        name: typeof name === "string" ? name : undefined,
        clientId: typeof clientId === "string" ? clientId : undefined,
      };
      const body = <LinkBoxPage redirectUri={redirectUri} refusal={refusal} {...filled} />;
      return show(c, { title: "Link with Box", room: undefined, body }, isTaken ? 409 : 400);
    }
    const { name, clientId, clientSecret } = read.data;
    const signatureKeys = keys?.primary ? keys : undefined;
    const app = { clientId, clientSecret, signatureKeys };
    return ask(c, { id: randomUUID(), name, ...app }, redirectUri);
  });

  app.get("/accounts/:id/grant", async (c) => {
    const id = c.req.param("id");
    const known = isUuid(id) ? await applicationOf(deps, accountId(id)) : undefined;
    return known ? showAgain(c, { id, ...known, refusal: undefined }) : nothing(c, NO_ACCOUNT);
  });

  app.post("/accounts/:id/grant", async (c) => {
    const id = c.req.param("id");
    const known = isUuid(id) ? await applicationOf(deps, accountId(id)) : undefined;
    if (!known || redirectUri === undefined) return nothing(c, NO_ACCOUNT);
    const form = grantForm.safeParse(await c.req.parseBody());
    const { clientId = "", clientSecret = "" } = form.data ?? {};
    const isOther = clientId !== "" && clientId !== known.clientId;
    const app = clientSecret === "" ? undefined : { clientId, clientSecret };
    const pending =
      form.success && !(isOther && !app)
        ? await pendingRelink(deps, accountId(id), app)
        : undefined;
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
      return await show(c, { title: "Linked", room: undefined, body: <LinkedPage name={name} /> });
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

/**
 * Box leads back without a code: why, by the codes of OAuth 2.0 (RFC 6749, section 4.1.2.1). The words
 * beside it in the address are not shown: anybody could have written them.
 */
const refusedConsent = (code = "") => {
  const [detail, hint] = CONSENT_REFUSALS[code] ?? OTHER_REFUSAL;
  return new Problem(400, detail, { hint });
};

type Refusal = readonly [detail: string, hint: string];

const OTHER_REFUSAL: Refusal = [
  "Box granted no access.",
  "See that the application is of the kind User Authentication (OAuth 2.0) and lists the redirect URI (Developer Console, Configuration), and begin again.",
];
const BUSY: Refusal = ["Box could not answer.", "Begin again in a while; see status.box.com."];
const NOT_ALLOWED: Refusal = [
  "Box does not let this application ask people for access.",
  "See that it is of the kind User Authentication (OAuth 2.0) (Developer Console, Configuration), and have an administrator enable it (Admin Console, Apps, Custom Apps Manager).",
];
const CONSENT_REFUSALS: Record<string, Refusal> = {
  access_denied: [
    "Access was not granted at Box.",
    "Begin again and press Grant access to Box there; or have an administrator allow the application (Admin Console, Apps, Custom Apps Manager).",
  ],
  unauthorized_client: NOT_ALLOWED,
  unsupported_response_type: NOT_ALLOWED,
  invalid_scope: [
    "Box does not know a scope of the application.",
    "See Application Scopes (Developer Console, Configuration), and begin again.",
  ],
  server_error: BUSY,
  temporarily_unavailable: BUSY,
};
