import type { BoxClient } from "../box/client.ts";
import { Failure } from "../core/failure.ts";
import type { FolderId, SourceId } from "../core/ids.ts";
import { pathTemplateOf, rulesOf } from "../db/masks.ts";
import { allowedValues } from "../db/metadata-fields.ts";
import { countObjects } from "../db/object-counts.ts";
import type { Database } from "../db/open.ts";
import { findSource, type SourceRow } from "../db/sources.ts";
import { checkSource, placeFor } from "./check-source.ts";
import { decideAgain } from "./decide-again.ts";
import { consequences, givenIn, type SourceEdit } from "./edit-source.ts";
import { slugFor } from "./free-slug.ts";
import type { PreviewedSource, PreviewFolder } from "./preview-source.ts";
import type { NewSource, SourceDeps } from "./sources.ts";

/** A source that was never registered, with what a registration would refuse. */
export type Draft = { [Field in keyof NewSource]?: NewSource[Field] | undefined } & Pick<
  NewSource,
  "folderId"
>;

/** No source has this id: nothing is known of what it never owed. */
const NOBODY = "00000000-0000-0000-0000-000000000000";

/**
 * A draft as a row that can be tried; `slug` when an earlier answer said it. Throws the `Refusal` that its
 * registration would.
 */
export async function draftedSource(
  { db, places }: Pick<SourceDeps, "db" | "places">,
  draft: Draft,
  slug: string | undefined,
): Promise<PreviewedSource> {
  const asked = {
    minBytes: draft.minBytes ?? null,
    maxBytes: draft.maxBytes ?? null,
    pathTemplate: draft.pathTemplate ?? null,
    nameTemplate: draft.nameTemplate ?? null,
  };
  await checkSource(db, { ...asked, metadata: draft.metadata ?? {} });
  const { prefix } = placeFor(draft, places);
  return {
    ...asked,
    id: NOBODY,
    slug: slug ?? (await slugFor(db, draft.name ?? "source", prefix, places)),
    prefix,
    folderId: draft.folderId,
    include: draft.include ?? [],
    exclude: draft.exclude ?? [],
    subfolders: draft.subfolders ?? true,
    maxAgeDays: draft.maxAgeDays ?? null,
    createdAt: new Date(),
  };
}

interface Objects {
  objects: number;
  bytes: number;
}

/** What an edit would do to what its source is owed or keeps. */
export interface EditImpact {
  /** Owed now, and no longer wanted. */
  withdrawn: Objects;
  /** Withdrawn before, and wanted again. */
  owedAgain: Objects;
  /** Not stored, and its path would be read otherwise. */
  reread: number;
  /** Stored, and left as it is. */
  storedUntouched: number;
  /** Why the folder would be backfilled anew; undefined when it would not. */
  backfills: string | undefined;
}

/**
 * A saved source before and after an edit; undefined when there is no such source. Throws the `Refusal` that
 * the edit would.
 */
export async function editedSource(
  db: Database,
  id: SourceId,
  edit: SourceEdit,
): Promise<{ before: SourceRow; after: SourceRow } | undefined> {
  const before = await findSource(db, id);
  if (!before) return undefined;
  const after = { ...before, ...givenIn(edit) };
  await checkSource(db, after);
  return { before, after };
}

/** What an edit would do to what is on record. */
export async function impactOf(
  db: Database,
  { before, after }: { before: SourceRow; after: SourceRow },
): Promise<EditImpact> {
  const { decides, backfills } = consequences(before, after);
  const { withdraw, oweAgain, reread } = decides
    ? await decideAgain(db, rulesOf(after), pathTemplateOf(after, await allowedValues(db)))
    : { withdraw: [], oweAgain: [], reread: [] };
  const counts = (await countObjects(db, [before.id])).get(before.id)?.counts;
  return {
    withdrawn: sumOf(withdraw),
    owedAgain: sumOf(oweAgain),
    reread: reread.length,
    storedUntouched: counts?.stored ?? 0,
    backfills,
  };
}

const sumOf = (decided: { sizeBytes: number }[]): Objects => ({
  objects: decided.length,
  bytes: decided.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
});

/** Where a preview begins: the folder itself, one call. Throws `not_found` when Box does not show it. */
export async function firstFolder(box: BoxClient, id: FolderId): Promise<PreviewFolder[]> {
  const folder = await box.folder(id);
  if (folder && !folder.trashed) return [{ folderId: id, below: [] }];
  throw new Failure("not_found", `Box shows this account no folder ${id}`, {
    hint: "Check the id (it stands in the folder's address) and invite the account to the folder.",
  });
}
