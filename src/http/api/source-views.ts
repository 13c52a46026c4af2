import { z } from "@hono/zod-openapi";
import type { Forecast } from "../../core/forecast.ts";
import type { LakeUrl } from "../../core/addresses.ts";
import { type MetadataField, metadataFaults } from "../../core/source-faults.ts";
import type { SourceProgress } from "../../db/source-progress.ts";
import type { Proof } from "../../db/source-proof.ts";
import { uriOf } from "../../operations/check-source.ts";

const count = z.int().min(0);
const why = {
  reason: z.string().optional(),
  hint: z.string().optional().openapi({ description: "What to do about it" }),
};

const forecast = z
  .object({
    endsAt: z.iso.datetime().nullable().openapi({
      description:
        "When all that is left will be stored, going by `filesPerMinute` or by the calls to Box that the account's budget allows, whichever is later; null while it cannot be told, and `reason` says why",
    }),
    filesLeft: count.nullable().openapi({
      description:
        "Versions owed, and as many more as `foldersLeft` hold if they are like the folders listed so far. Folders and past versions that are not found yet are not among them",
    }),
    filesPerMinute: z
      .number()
      .min(0)
      .nullable()
      .openapi({ description: "Stored in the last quarter of an hour; null when nothing was" }),
    limitedBy: z.enum(["speed", "budget"]).nullable().openapi({
      description: "What makes the end as late as it is: the speed of late, or the budget",
    }),
    reason: z.string().nullable(),
  })
  .nullable()
  .openapi("Forecast", {
    description:
      "An estimate that gets better as folders are listed; null when nothing is left to be listed and stored",
  });

/** A source as it is answered. */
export const source = z
  .object({
    id: z.uuid(),
    accountId: z.uuid(),
    name: z.string(),
    slug: z.string().openapi({ description: "Its part of every object name, for ever" }),
    description: z.string().nullable(),
    folderId: z.string(),
    folderName: z.string(),
    include: z.array(z.string()),
    exclude: z.array(z.string()),
    subfolders: z.boolean(),
    minBytes: count.nullable(),
    maxBytes: count.nullable(),
    maxAgeDays: count.nullable(),
    history: z.enum(["current", "all"]),
    pathTemplate: z.string().nullable(),
    nameTemplate: z.string().nullable(),
    lake: z.string().openapi({ description: "Where its objects go: `gs://bucket/prefix`" }),
    isExternal: z.boolean().nullable().openapi({
      description:
        "The folder belongs to another enterprise; null while Box has not said, and for the root, which holds folders of any",
    }),
    tags: z.array(z.string()),
    metadata: z.record(z.string(), z.string()),
    metadataFaults: z.array(z.object({ field: z.string(), detail: z.string() })).openapi({
      description:
        "Where it does not carry what /api/metadata-fields ask for by now. It goes on working; its next edit must comply",
    }),
    state: z.enum(["active", "paused", "deleted"]),
    webhook: z.object({ state: z.enum(["registered", "polled"]), ...why }),
    backfill: z.object({
      state: z.enum(["queued", "running", "done", "failed", "waiting"]).openapi({
        description:
          "`queued`: it begins as soon as a worker is free, behind what is new and other listings; `waiting`: something must pass first, and `reason` says what; `failed`: a person must look",
      }),
      listed: count.openapi({
        description:
          "Files that it has seen since `startedAt`: of the newest backfill alone, from 0 each time. `listing` says how many there are",
      }),
      listedBytes: count,
      matched: count.openapi({ description: "Of these, files that the source wants" }),
      matchedBytes: count,
      skipped: z.record(z.string(), count).openapi({
        description:
          "Of these, files that it does not want, by the first rule against them: subfolders, include, exclude, size or age",
      }),
      folders: count,
      missing: count.openapi({
        description: "Of the matched, versions that the lake was not owed before",
      }),
      foldersLeft: count.openapi({
        description: "Found and still to be listed; each may hold more",
      }),
      forecast,
      startedAt: z.iso.datetime().nullable(),
      finishedAt: z.iso.datetime().nullable(),
      ...why,
    }),
    listing: z
      .object({
        walkId: z.string(),
        kind: z.enum(["backfill", "sweep", "gap"]),
        listed: count.openapi({ description: "Files in the folder" }),
        listedBytes: count,
        matched: count.openapi({ description: "Of these, files that the source wanted" }),
        matchedBytes: count,
        skipped: z.record(z.string(), count).openapi({ description: "The others, by rule" }),
        startedAt: z.iso.datetime(),
        finishedAt: z.iso.datetime(),
      })
      .nullable()
      .openapi({
        description:
          "What the newest full listing counted, by the rules of then: a backfill, a sweep, or the proof of a gap that came to its end. It stays while another is under way; null until the first has ended",
      }),
    counts: z.object({
      stored: count,
      pending: count,
      waiting: count,
      givenUp: count,
      withdrawn: count,
      storedBytes: count,
      misfits: count.openapi({
        description: "Of all but the withdrawn, those whose path does not fit the path template",
      }),
    }),
    lastStoredAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
  })
  .openapi("Source");

function toForecast(of: Forecast | undefined): z.infer<typeof forecast> {
  if (!of) return null;
  return {
    endsAt: of.endsAt?.toISOString() ?? null,
    filesLeft: of.filesLeft ?? null,
    filesPerMinute: of.filesPerMinute === undefined ? null : Number(of.filesPerMinute.toFixed(2)),
    limitedBy: of.limitedBy ?? null,
    reason: of.reason ?? null,
  };
}

const toListing = ({ startedAt, finishedAt, ...rest }: Proof) => ({
  ...rest,
  startedAt: startedAt.toISOString(),
  finishedAt: finishedAt.toISOString(),
});

/** A source and how far it is, as the API words it; without a forecast nothing is left. */
export function toSource(
  row: SourceProgress,
  forecast: Forecast | undefined,
  fields: readonly MetadataField[],
  [own]: readonly [LakeUrl, ...LakeUrl[]],
): z.infer<typeof source> {
  const { accountName: _, pace: __, bucket, prefix, ...rest } = row;
  const { startedAt, finishedAt } = row.backfill;
  return {
    ...rest,
    lake: uriOf({ bucket: bucket ?? own.bucket, prefix: prefix ?? own.prefix }),
    metadataFaults: metadataFaults(row, fields).map(({ path, detail }) => ({
      field: path.at(-1) ?? "",
      detail,
    })),
    backfill: {
      ...row.backfill,
      startedAt: startedAt?.toISOString() ?? null,
      finishedAt: finishedAt?.toISOString() ?? null,
      forecast: toForecast(forecast),
    },
    listing: row.listing ? toListing(row.listing) : null,
    lastStoredAt: row.lastStoredAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}
