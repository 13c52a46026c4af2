import { Hono } from "hono";
import { z } from "zod";
import type { View } from "../access.ts";
import { attributesOf } from "../attributes.ts";
import { itemOf } from "../items.ts";
import { badRequest, notFound, Refusal } from "../refusal.ts";
import { keyIn } from "../shared-links.ts";
import { type Desk, type Door, type Env, fieldsOf } from "./door.ts";

/** What is asked of a shared link in the body of a change; `null` takes the link away. */
export const sharedLink = z
  .object({
    access: z.enum(["open", "company", "collaborators"]),
    password: z.string().nullable(),
    unshared_at: z.string().nullable(),
    permissions: z.object({ can_download: z.boolean(), can_edit: z.boolean() }).partial(),
  })
  .partial()
  .nullish();

/** https://developer.box.com/reference/get-shared-items/ */
export function sharedItemRoutes({ core }: Desk, door: Door) {
  const { access, items, shapes, state, people } = core;
  const app = new Hono<Env>();

  /** Below what the link leads to nothing is opened by it: only the item itself is told of. */
  app.get("/shared_items", door("shared_items"), (c) => {
    const asked = new URLSearchParams(c.req.header("boxapi"));
    const address = asked.get("shared_link");
    if (address === null) throw badRequest("boxapi", "A 'shared_link' is needed.");
    const sql =
      "select * from items where attributes ->> '$.sharedLink.key' = ? and trashedAt is null";
    const item = state.one(itemOf, sql, keyIn(address) ?? "");
    const link = item && attributesOf(item).sharedLink;
    const ended = link && link.unsharedAt !== null && link.unsharedAt <= core.now();
    if (!item || !link || ended || isBelowTrash(item.id)) throw notFound("shared_link");

    const { userId } = c.var.login;
    const own = access.view(userId, item);
    const mayOpen =
      link.access === "open" || (link.access === "company" && !people.isOutsider(userId));
    if (!own && !mayOpen) throw notFound("shared_link");
    if (link.password !== null && asked.get("shared_link_password") !== link.password)
      throw new Refusal(403, "incorrect_shared_item_password", "The password is not the item's.");
    const opened: View = { item, role: "viewer", path: [], parent: undefined };
    return c.json(shapes.item(own ?? opened, fieldsOf(c)));
  });

  const isBelowTrash = (id: string) =>
    items.ancestors(items.get(id)!).some(({ trashedAt }) => trashedAt !== null);

  return app;
}
