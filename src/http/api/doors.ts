import { createRoute, z } from "@hono/zod-openapi";
import { DOORS } from "../../core/change.ts";
import { doorRecords, missedDeliveries } from "../../db/door-report.ts";
import type { HttpDeps } from "../deps.ts";
import { moment, uuid } from "./fields.ts";
import { Problem } from "../problem.ts";
import { answer, createRoutes, refusals } from "./routes.ts";

const DAY_MS = 24 * 60 * 60_000;
const USUAL_DAYS = 7;
/** What is asked of the database grows with it. */
const MOST_DAYS = 92;
const SHOWN = 50;

const late = (description: string) => z.int().nullable().openapi({ description });

const report = z
  .object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    doors: z.array(
      z.object({
        door: z.enum(["webhook", "events", "listing"]),
        first: z.int().openapi({ description: "Versions that it saw before any other door" }),
        late: z.int().openapi({ description: "Versions that another door saw before it" }),
        p50Ms: late("How late it was with half of those at most; null without any"),
        p95Ms: late("With 95 in a hundred"),
        maxMs: late("With all"),
      }),
    ),
    missedDeliveries: z
      .object({
        count: z.int(),
        newest: z.array(
          z.object({
            objectId: z.string(),
            accountId: z.uuid(),
            sourceId: z.uuid(),
            folderId: z.string(),
            fileId: z.string(),
            versionId: z.string(),
            path: z.string(),
            door: z.enum(DOORS),
            seenAt: z.iso.datetime(),
          }),
        ),
      })
      .openapi({
        description:
          "Versions made in a folder whose webhook stands, noticed by another door more than ten minutes ago and never by the webhook",
      }),
  })
  .openapi("Doors");

const get = createRoute({
  method: "get",
  path: "/",
  summary:
    "Which door saw each version first, how late the others were, and what no webhook announced",
  request: {
    query: z.strictObject({
      from: moment.optional().openapi({ description: "Seen at or after; 7 days ago unless said" }),
      to: moment.optional().openapi({ description: "Seen before; now unless said" }),
      sourceId: uuid.optional(),
    }),
  },
  responses: { 200: answer(report, "The doors"), ...refusals(400) },
});

/** `/api/doors`: whether webhooks can be trusted. */
export function createDoorRoutes({ db }: Pick<HttpDeps, "db">) {
  const routes = createRoutes();
  routes.openapi(get, async (c) => {
    const { sourceId, ...asked } = c.req.valid("query");
    const to = asked.to ?? new Date();
    const from = asked.from ?? new Date(to.getTime() - USUAL_DAYS * DAY_MS);
    const lastsMs = to.getTime() - from.getTime();
    if (lastsMs <= 0 || lastsMs > MOST_DAYS * DAY_MS)
      throw new Problem(
        400,
        `From \`from\` to \`to\` must be more than 0 and at most ${MOST_DAYS} days`,
        {
          errors: [{ pointer: "/from", detail: `is not within ${MOST_DAYS} days before \`to\`` }],
          hint: `Unsaid, \`to\` is now and \`from\` ${USUAL_DAYS} days before it.`,
        },
      );
    const window = { from, to, sourceId };
    const [doors, missed] = await Promise.all([
      doorRecords(db, window),
      missedDeliveries(db, window, SHOWN),
    ]);
    const newest = missed.newest.map((row) => ({
      ...row,
      seenAt: new Date(row.seenAt).toISOString(),
    }));
    const shown = { from: from.toISOString(), to: to.toISOString(), doors };
    return c.json({ ...shown, missedDeliveries: { count: missed.count, newest } }, 200);
  });
  return routes;
}
