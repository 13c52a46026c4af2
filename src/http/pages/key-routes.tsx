import { Hono } from "hono";
import { z } from "zod";
import { type AccountId, accountId, isUuid } from "../../core/ids.ts";
import { type AccountSummary, findAccountSummary } from "../../db/account-list.ts";
import {
  previousKeysUntil,
  replaceSignatureKey,
  replaceSignatureKeys,
} from "../../operations/signature-keys.ts";
import type { HttpDeps } from "../deps.ts";
import { formOf, textsOf } from "./form.ts";
import { notFound } from "./not-found.tsx";
import { SignatureKeysPage } from "./signature-keys.tsx";
import type { Show } from "./view.ts";

const key = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]+$/)
  .max(500);

/** Both, where there are none yet; else the one that was just reset at Box. */
const keysForm = z
  .object({ primary: key.optional(), secondary: key.optional() })
  .refine((keys) => Object.keys(keys).length > 0);

/** Replacing an account's signature keys in the order in which no delivery is refused. Mounted behind the pages' guard. */
export function createKeyRoutes(deps: HttpDeps, show: Show): Hono {
  const app = new Hono();
  const find = (id: string) => (isUuid(id) ? findAccountSummary(deps.db, id) : undefined);

  app.get("/accounts/:id/keys", async (c) => {
    const account = await find(c.req.param("id"));
    if (!account) return show(c, notFound("account"), 404);
    const body = <SignatureKeysPage {...await shown(account)} replaced={c.req.query("replaced")} />;
    return show(c, { title: "Signature keys", room: "accounts", body });
  });

  app.post("/accounts/:id/keys", async (c) => {
    const account = await find(c.req.param("id"));
    if (!account) return show(c, notFound("account"), 404);
    const form = keysForm.safeParse(textsOf(await formOf(c)));
    if (form.success && (await replace(accountId(account.id), form.data))) {
      const replaced = Object.keys(form.data).join("-and-");
      return c.redirect(`/accounts/${account.id}/keys?replaced=${replaced}`, 303);
    }
    const refusal = "Enter the key as the console shows it, without blanks.";
    const body = <SignatureKeysPage {...await shown(account)} refusal={refusal} />;
    return show(c, { title: "Signature keys", room: "accounts", body }, 400);
  });

  async function shown(account: AccountSummary) {
    return {
      account,
      until: await previousKeysUntil(deps, accountId(account.id)),
      now: new Date(),
    };
  }

  async function replace(id: AccountId, { primary, secondary }: z.infer<typeof keysForm>) {
    if (primary !== undefined && secondary !== undefined)
      return replaceSignatureKeys(deps, id, { primary, secondary });
    if (primary !== undefined) return replaceSignatureKey(deps, id, "primary", primary);
    return replaceSignatureKey(deps, id, "secondary", secondary ?? "");
  }
  return app;
}
