import { createRoute, z } from "@hono/zod-openapi";
import { readFolderAddress } from "../../core/folder-address.ts";
import { accountId, folderId, ROOT_FOLDER } from "../../core/ids.ts";
import { findAccount } from "../../db/accounts.ts";
import { listFolders, wayTo } from "../../operations/browse-folders.ts";
import type { HttpDeps } from "../deps.ts";
import { lookingAt } from "./blame.ts";
import { boxFolderId } from "./fields.ts";
import { answer, createRoutes, found, idInPath, refusals } from "./routes.ts";

const folder = z.object({ folderId: z.string(), name: z.string() });
const path = z.array(folder).openapi({ description: "From the top down to the folder itself" });

const page = z
  .object({
    path: path.nullable().openapi({ description: "Null on any page but the first" }),
    items: z.array(folder),
    files: z.int().openapi({ description: "How many files this page passed by" }),
    nextCursor: z.string().nullable().openapi({
      description:
        "Null on the last page. Box lists files and folders together: a page may hold no folder and not be the last",
    }),
  })
  .openapi("FolderPage");

const resolved = z
  .object({ folderId: z.string(), name: z.string(), path })
  .openapi("ResolvedFolder");

const list = createRoute({
  method: "get",
  path: "/{id}/folders",
  summary: "The folders in a folder as the account sees them, page by page",
  request: {
    params: idInPath,
    query: z.strictObject({
      parent: boxFolderId
        .default(ROOT_FOLDER)
        .openapi({ description: "The root folder unless said" }),
      cursor: z.string().min(1).max(2000).optional().openapi({
        description: "`nextCursor` of the page before; good for a short time only",
      }),
    }),
  },
  responses: { 200: answer(page, "A page"), ...refusals(400, 404, 422, 503) },
});

const resolve = createRoute({
  method: "get",
  path: "/{id}/folders/resolve",
  summary: "The folder that a pasted Box address or id means",
  request: {
    params: idInPath,
    query: z.strictObject({
      from: z.string().max(2000).openapi({
        example: "https://app.box.com/folder/123",
        description: "Shared links are not supported: they do not tell the folder's id",
      }),
    }),
  },
  responses: {
    200: answer(resolved, "The folder, with the way down to it"),
    ...refusals(400, 404, 422, 503),
  },
});

/** `/api/accounts/{id}/folders`: what there is to be chosen as a source. */
export function createFolderRoutes({ db, boxes }: Pick<HttpDeps, "db" | "boxes">) {
  const routes = createRoutes();
  const open = async (id: string) => {
    const account = await found("account", id, (id) => findAccount(db, accountId(id)));
    return { box: await boxes.of(accountId(account.id)), login: account.boxLogin };
  };

  routes.openapi(list, async (c) => {
    const { parent, cursor } = c.req.valid("query");
    const { box, login } = await open(c.req.valid("param").id);
    const found = await lookingAt("/parent", () =>
      listFolders(box, folderId(parent), cursor, login),
    );
    const { path = null, folders: items, files, nextMarker: nextCursor = null } = found;
    return c.json({ path, items, files, nextCursor }, 200);
  });
  routes.openapi(resolve, async (c) => {
    const { box, login } = await open(c.req.valid("param").id);
    const { from } = c.req.valid("query");
    const path = await lookingAt("/from", async () => wayTo(box, readFolderAddress(from), login));
    return c.json({ folderId: "", name: "", ...path.at(-1), path }, 200);
  });
  return routes;
}
