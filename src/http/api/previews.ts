import { createRoute, type z } from "@hono/zod-openapi";
import { accountId, type FolderId, folderId, sourceId } from "../../core/ids.ts";
import { findAccount } from "../../db/accounts.ts";
import { previewSource } from "../../operations/preview-source.ts";
import {
  draftedSource,
  editedSource,
  firstFolder,
  impactOf,
} from "../../operations/preview-subject.ts";
import type { HttpDeps } from "../deps.ts";
import { lookingAt } from "./blame.ts";
import { readCursor, toPreview } from "./preview-cursor.ts";
import { preview, previewRequest } from "./preview-schemas.ts";
import { Problem } from "../problem.ts";
import { answer, body, createRoutes, noSuch, refusals } from "./routes.ts";

const tryOut = createRoute({
  method: "post",
  path: "/preview",
  summary: "What a new source, or an edit, would make of the files that are there",
  description:
    "Reads the folder, at most `calls` calls to Box, and decides as a saved source would, by the current version of each file. Nothing is written.",
  request: { body: body(previewRequest) },
  responses: {
    200: answer(preview, "As far as the calls reach"),
    ...refusals(400, 404, 413, 415, 422, 503),
  },
});

type Asked = z.output<typeof previewRequest>;
type Deps = Pick<HttpDeps, "db" | "boxes" | "places">;

/** `/api/sources/preview`. */
export function createPreviewRoutes(deps: Deps) {
  const routes = createRoutes();
  routes.openapi(tryOut, async (c) => {
    const { cursor: text, calls, items, ...asked } = c.req.valid("json");
    const cursor = text === undefined ? undefined : readCursor(text);
    const { account, source, edited } = await subjectOf(deps, asked, cursor?.slug);
    const id: FolderId = folderId(source.folderId);
    if (text !== undefined && cursor?.folderId !== id)
      throw new Problem(400, "The cursor does not go on with this preview", {
        errors: [{ pointer: "/cursor", detail: "is no cursor of a preview of this folder" }],
        hint: "Send the `nextCursor` of the answer before, or begin again without one.",
      });
    const box = await deps.boxes.of(account);
    const frontier =
      cursor?.frontier ??
      (await lookingAt(edited ? "/sourceId" : "/folderId", () => firstFolder(box, id)));
    const begun = cursor ? 0 : 1;
    const request = {
      accountId: account,
      source,
      frontier,
      calls: Math.max(1, calls - begun),
      items,
    };
    const found = await previewSource(deps, request);
    found.boxCalls += begun;
    const { slug } = source;
    const shown = toPreview(found, { folderId: id, slug }, cursor?.leftOut ?? 0);
    const edit = edited && !cursor ? await impactOf(deps.db, edited) : undefined;
    return c.json({ ...shown, edit }, 200);
  });
  return routes;
}

type Draft = Omit<Asked, "cursor" | "calls" | "items">;

async function subjectOf({ db, places }: Deps, asked: Draft, slug: string | undefined) {
  const { sourceId: saved, accountId: account, folderId: folder, ...fields } = asked;
  const { nameTemplate, bucket, prefix, ...edit } = fields;
  if (saved !== undefined) {
    const fixed = { accountId: account, folderId: folder, nameTemplate, bucket, prefix };
    refuse(fixed, (value) => value !== undefined, "is fixed when a source is registered");
    const edited = await editedSource(db, sourceId(saved), edit);
    if (!edited) throw noSuch("source");
    return { account: accountId(edited.before.accountId), source: edited.after, edited };
  }
  refuse(
    { accountId: account, folderId: folder },
    (value) => value === undefined,
    "is missing: say it, or the sourceId of a saved source",
  );
  const ids = { accountId: accountId(account ?? ""), folderId: folderId(folder ?? "") };
  if (!(await findAccount(db, ids.accountId)))
    throw new Problem(422, "There is no such account", {
      errors: [{ pointer: "/accountId", detail: "names no account" }],
      hint: "GET /api/accounts lists them.",
    });
  const draft = { ...ids, ...fields, description: fields.description ?? undefined };
  const source = await draftedSource({ db, places }, draft, slug);
  return { account: ids.accountId, source, edited: undefined };
}

/** Throws a problem that names every field whose value is wrong. */
function refuse(
  fields: Record<string, unknown>,
  isWrong: (value: unknown) => boolean,
  detail: string,
) {
  const errors = Object.entries(fields)
    .filter(([, value]) => isWrong(value))
    .map(([name]) => ({ pointer: `/${name}`, detail }));
  if (errors.length > 0) throw new Problem(400, "The body is wrong", { errors });
}
