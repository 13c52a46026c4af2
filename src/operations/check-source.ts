import type { LakeUrl } from "../core/addresses.ts";
import { Refusal } from "../core/refusal.ts";
import { type CheckedSource, faultsOfSource } from "../core/source-faults.ts";
import { listMetadataFields } from "../db/metadata-fields.ts";
import type { Queryable } from "../db/open.ts";

/** Throws a `Refusal` that names every field of a source which cannot be as it is asked for. */
export async function checkSource(db: Queryable, source: CheckedSource): Promise<void> {
  const faults = faultsOfSource(source, await listMetadataFields(db));
  if (faults.length > 0)
    throw new Refusal(
      "The source cannot be like this",
      faults,
      faults.some(({ path }) => path[0] === "metadata")
        ? "GET /api/metadata-fields lists what the organisation asks every source for; a path template may read a field instead."
        : undefined,
    );
}

/** Where a source's objects go; absent ones are the lake's own. */
export interface AskedPlace {
  bucket?: string | undefined;
  prefix?: string | undefined;
}

/**
 * The place that a new source asks for: nulls for the lake's own, which asks for nothing. Throws a
 * `Refusal` for any other than those of the configuration, of which the first is the lake's own.
 */
export function placeFor(
  { bucket, prefix }: AskedPlace,
  places: readonly [LakeUrl, ...LakeUrl[]],
): { bucket: string | null; prefix: string | null } {
  if (bucket === undefined && prefix === undefined) return { bucket: null, prefix: null };
  const [own] = places;
  const wanted = { bucket: bucket ?? own.bucket, prefix: prefix ?? "" };
  if (places.some((place) => place.bucket === wanted.bucket && place.prefix === wanted.prefix))
    return wanted;
  const knowsBucket = places.some((place) => place.bucket === wanted.bucket);
  throw new Refusal(
    `The lake lets no source use ${uriOf(wanted)}`,
    [{ path: [knowsBucket ? "prefix" : "bucket"], detail: "is not on the list of LAKE_ALLOWED" }],
    `Choose one of ${places.map(uriOf).join(", ")}, or have LAKE_ALLOWED name it.`,
  );
}

export const uriOf = ({ bucket, prefix }: LakeUrl) =>
  prefix === "" ? `gs://${bucket}` : `gs://${bucket}/${prefix}`;
