import { Hono } from "hono";
import { isUuid, type SourceId, sourceId } from "../../core/ids.ts";
import { findSource } from "../../db/source-progress.ts";
import { sweptSource } from "../../db/sweeps.ts";
import { askForBackfill } from "../../operations/backfills.ts";
import { deleteSource, setPaused } from "../../operations/sources.ts";
import { startSweep } from "../../operations/sweeps.ts";
import type { HttpDeps } from "../deps.ts";
import { address } from "./address.ts";
import { completenessFile } from "./completeness-file.ts";
import { DeleteSourcePage } from "./delete-source.tsx";
import { notFound } from "./not-found.tsx";
import type { Told } from "./parts/notice.tsx";
import { pageQuery } from "./query.ts";
import { readSource } from "./read-source.ts";
import { SourcePage } from "./source.tsx";
import type { Show } from "./view.ts";

/** A source's page and its buttons. Mounted behind the pages' guard. */
export function createSourceRoutes(deps: HttpDeps, show: Show): Hono {
  const { db } = deps;
  const app = new Hono();

  app.get("/sources/:id", async (c) => {
    const found = await readSource(deps, c.req.param("id"), pageQuery.parse(c.req.query()));
    if (!found) return show(c, notFound("source"), 404);
    const body = <SourcePage {...found} />;
    return show(c, { title: found.source.name, room: "overview", body });
  });

  app.get("/sources/:id/:file{completeness\\.(?:csv|json)}", async (c) => {
    const id = c.req.param("id");
    const asked = isUuid(id) ? await sweptSource(db, id) : undefined;
    if (!asked) return show(c, notFound("source"), 404);
    const { pieces, type } = completenessFile(db, asked, c.req.param("file").endsWith(".csv"));
    const text = ReadableStream.from(pieces).pipeThrough(new TextEncoderStream());
    const name = c.req.param("file").replace(".", `-${id}.`);
    return c.body(text, 200, {
      "content-type": type,
      "content-disposition": `attachment; filename="${name}"`,
    });
  });

  app.get("/sources/:id/delete", async (c) => {
    const id = c.req.param("id");
    const source = isUuid(id) ? await findSource(db, id) : undefined;
    if (!source) return show(c, notFound("source"), 404);
    const body = <DeleteSourcePage source={source} />;
    return show(c, { title: `Delete ${source.name}`, room: "overview", body });
  });

  app.post("/sources/:id/delete", async (c) => {
    const id = c.req.param("id");
    if (!isUuid(id) || !(await deleteSource(deps, sourceId(id))))
      return show(c, notFound("source"), 404);
    return c.redirect(address("/", { told: "deleted" }), 303);
  });

  /** What a button does, and what the page then tells; undefined when there is no such source. */
  const acts: Record<string, (id: SourceId) => Promise<Told | undefined>> = {
    async sweeps(id) {
      const source = await sweptSource(db, id);
      return source && ((await startSweep(db, source, "asked for")) ? "swept" : "sweeping");
    },
    async backfills(id) {
      const asked = await askForBackfill(db, id);
      return asked && (asked.begun ? "backfilled" : "backfilling");
    },
    pause: async (id) => ((await setPaused(db, id, true)) ? "paused" : undefined),
    resume: async (id) => ((await setPaused(db, id, false)) ? "resumed" : undefined),
  };
  for (const [name, act] of Object.entries(acts))
    app.post(`/sources/:id/${name}`, async (c) => {
      const id = c.req.param("id");
      const told = isUuid(id) ? await act(sourceId(id)) : undefined;
      if (!told) return show(c, notFound("source"), 404);
      return c.redirect(address(`/sources/${id}`, { told }), 303);
    });
  return app;
}
