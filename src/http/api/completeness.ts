import { createRoute, z } from "@hono/zod-openapi";
import { type Difference, listDifferences } from "../../db/completeness.ts";
import { askedSource, type Proof } from "../../db/source-proof.ts";
import { sweptSource } from "../../db/sweeps.ts";
import {
  type Completeness,
  completenessCsv,
  proveCompleteness,
} from "../../operations/completeness.ts";
import type { HttpDeps } from "../deps.ts";
import { pageOf, pageSchema, toPage } from "./paging.ts";
import { createRoutes, found, idInPath, refusals } from "./routes.ts";

const count = z.int().min(0);
const time = z.iso.datetime();
const files = { files: count, bytes: count };

const difference = z.object({
  fileId: z.string(),
  versionId: z.string(),
  path: z.string(),
  bytes: count.nullable().openapi({
    description: "Null for what was lost before Box said how long it is",
  }),
  current: z.boolean().openapi({ description: "The file's current version, not a past one" }),
  reason: z.enum(["pending", "waiting", "given_up", "lost", "withdrawn"]),
  failure: z.string().nullable(),
  hint: z.string().nullable().openapi({ description: "What to do about it" }),
  createdAt: time
    .nullable()
    .openapi({ description: "When the version came to be, by Box's clock" }),
  seenAt: time.openapi({
    description:
      "When it was first owed; of what was lost before it was read, when Box says it was so",
  }),
  lostAt: time.nullable().openapi({ description: "When Box was found to hold it no longer" }),
});

const report = pageSchema(difference)
  .extend({
    at: time,
    complete: z.boolean().openapi({
      description:
        "Nothing is pending, waiting, given up or unread of what Box was seen to hold or told of since, no later listing failed, and the account may ask Box",
    }),
    unread: z.object({ files: count, folders: count }).openapi({
      description:
        "What Box told of, or a backfill is to read, and that was not read yet or could not be: until then more may be lacking",
    }),
    doubt: z
      .object({ reason: z.string(), hint: z.string().nullable(), at: time })
      .nullable()
      .openapi({
        description: "Why it is not known what the folder holds now, and since when",
      }),
    proved: z
      .object({
        walkId: z.string(),
        kind: z.enum(["backfill", "sweep", "gap"]),
        startedAt: time,
        at: time.openapi({ description: "When the listing came to its end" }),
      })
      .nullable()
      .openapi({ description: "Null until the folder was listed to its end" }),
    box: z
      .object({
        ...files,
        listed: count,
        listedBytes: count,
        skipped: z.record(z.string(), count).openapi({ description: "Files, by rule" }),
      })
      .nullable()
      .openapi({ description: "What that listing counted; `files` are those that are wanted" }),
    lake: z
      .object(files)
      .nullable()
      .openapi({ description: "Of `box.files`, those that lie in the lake, proved" }),
    counts: z.object({
      pending: count,
      waiting: count,
      given_up: count,
      lost: count,
      withdrawn: count,
    }),
  })
  .openapi("Completeness");

const byVersion = z.strictObject({ fileId: z.string().max(100), versionId: z.string().max(100) });

const get = createRoute({
  method: "get",
  path: "/{id}/completeness",
  summary: "What Box holds of a source, what the lake holds of it, and each difference",
  request: {
    params: idInPath,
    query: z.strictObject({
      ...pageOf(byVersion),
      format: z
        .enum(["json", "csv"])
        .optional()
        .openapi({ description: "As `Accept` says, unless given. CSV is the whole report" }),
    }),
  },
  responses: {
    200: {
      description: "The report",
      content: {
        "application/json": { schema: report },
        "text/csv": { schema: z.string() },
      },
    },
    ...refusals(400, 404),
  },
});

/** `/api/sources/{id}/completeness`. */
export function createCompletenessRoutes({ db }: Pick<HttpDeps, "db">) {
  const routes = createRoutes();
  routes.openapi(get, async (c) => {
    const asked = await found("source", c.req.valid("param").id, (id) => sweptSource(db, id));
    const source = askedSource(asked);
    const { format, limit, cursor } = c.req.valid("query");
    const proved = await proveCompleteness(db, source);
    const wantsCsv = c.req.header("accept")?.includes("text/csv") === true;
    if (format === "csv" || (format === undefined && wantsCsv)) {
      const text = ReadableStream.from(completenessCsv(db, source, proved));
      return c.body(text.pipeThrough(new TextEncoderStream()), 200, {
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": `attachment; filename="completeness-${asked.id}.csv"`,
      }) as never;
    }
    const rows = await listDifferences(db, source, proved.proof, {
      after: cursor,
      limit: limit + 1,
    });
    const page = toPage(
      rows,
      limit,
      ({ fileId, versionId }) => ({ fileId, versionId }),
      toDifference,
    );
    return c.json({ ...page, ...toReport(proved) }, 200);
  });
  return routes;
}

/** The report without its differences, as the API words it. */
export const toReport = ({ at, complete, proof, lake, counts, doubt, unread }: Completeness) => ({
  at: at.toISOString(),
  complete,
  unread,
  doubt: doubt ? { ...doubt, at: doubt.at.toISOString() } : null,
  counts,
  lake: lake ?? null,
  ...toProof(proof),
});

function toProof(proof: Proof | undefined) {
  if (!proof) return { proved: null, box: null };
  const { walkId, kind, startedAt, finishedAt, matched, matchedBytes, ...rest } = proof;
  const { listed, listedBytes, skipped } = rest;
  return {
    proved: { walkId, kind, startedAt: startedAt.toISOString(), at: finishedAt.toISOString() },
    box: { files: matched, bytes: matchedBytes, listed, listedBytes, skipped },
  };
}

/** One difference, as the API words it. */
export function toDifference({ sizeBytes, createdAt, seenAt, lostAt, ...rest }: Difference) {
  return {
    ...rest,
    bytes: sizeBytes,
    createdAt: createdAt && new Date(createdAt).toISOString(),
    seenAt: new Date(seenAt).toISOString(),
    lostAt: lostAt && new Date(lostAt).toISOString(),
  };
}
