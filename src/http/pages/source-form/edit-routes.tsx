import { type Context, Hono } from "hono";
import { accountId, folderId, isUuid, sourceId } from "../../../core/ids.ts";
import { listMetadataFields } from "../../../db/metadata-fields.ts";
import { findSource, type SourceRow } from "../../../db/sources.ts";
import { editSource, type SourceEdit } from "../../../operations/edit-source.ts";
import { previewSource } from "../../../operations/preview-source.ts";
import { editedSource, firstFolder, impactOf } from "../../../operations/preview-subject.ts";
import { sourceEdit } from "../../api/source-schemas.ts";
import type { HttpDeps } from "../../deps.ts";
import { address } from "../address.ts";
import { formOf } from "../form.ts";
import { notFound } from "../not-found.tsx";
import type { Show } from "../view.ts";
import { EditSourcePage, type EditSourceProps } from "./edit-source.tsx";
import { refusedBy } from "./faults.ts";
import { LOOK, LOOK_FURTHER, SHOWN } from "./preview.tsx";
import { changedIn, typedIn, typedOf } from "./typed.ts";

/** Changing a source by page. Mounted behind the guard. */
export function createEditRoutes(deps: HttpDeps, show: Show): Hono {
  const { db, boxes } = deps;
  const app = new Hono();

  app.get("/sources/:id/edit", async (c) => {
    const source = await find(c.req.param("id"));
    if (!source) return show(c, notFound("source"), 404);
    return form(c, { source, typed: typedOf(source, await listMetadataFields(db)) });
  });

  app.post("/sources/:id/edit", async (c) => {
    const source = await find(c.req.param("id"));
    if (!source) return show(c, notFound("source"), 404);
    const typed = typedIn(await formOf(c));
    const metadataFields = await listMetadataFields(db);
    try {
      const edit = sourceEdit.parse(changedIn(typed, source, metadataFields));
      if (typed["act"] === "save") {
        const known = await editSource(db, sourceId(source.id), edit);
        if (!known) return await show(c, notFound("source"), 404);
        return c.redirect(address(`/sources/${source.id}`, { told: "edited" }), 303);
      }
      const tried = await tryOut(source, edit, typed["act"] === "further" ? LOOK_FURTHER : LOOK);
      return await form(c, { source, typed, tried });
    } catch (error) {
      return form(c, { source, typed, refused: refusedBy(error, typed, metadataFields) });
    }
  });

  const find = async (id: string) => (isUuid(id) ? findSource(db, sourceId(id)) : undefined);

  async function tryOut(source: SourceRow, edit: SourceEdit, calls: number) {
    const edited = await editedSource(db, sourceId(source.id), edit);
    if (!edited) return undefined;
    const account = accountId(source.accountId);
    const frontier = await firstFolder(await boxes.of(account), folderId(source.folderId));
    const request = { accountId: account, source: edited.after, frontier, calls, items: SHOWN };
    return { preview: await previewSource(deps, request), impact: await impactOf(db, edited) };
  }

  type Given = Pick<EditSourceProps, "source" | "typed"> &
    Partial<Pick<EditSourceProps, "refused" | "tried">>;

  async function form(c: Context, given: Given) {
    const metadataFields = await listMetadataFields(db);
    const props = { refused: undefined, tried: undefined, ...given, metadataFields };
    const title = `Edit ${given.source.name}`;
    const body = <EditSourcePage {...props} />;
    return show(c, { title, room: "overview", body }, given.refused?.status);
  }
  return app;
}
