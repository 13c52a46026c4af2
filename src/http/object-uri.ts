import type { LakeStore } from "../lake/store.ts";

type Lake = Pick<LakeStore, "uri">;

/** The bucket of a source or an object: its own, or else the lake's. */
export const bucketOf = ({ bucket }: { bucket: string | null }, lake: Lake): string =>
  bucket ?? new URL(lake.uri).host;

/** Where an object lies, or will lie: its name holds the prefix already. */
export const objectUri = (object: { bucket: string | null; name: string }, lake: Lake): string =>
  `gs://${bucketOf(object, lake)}/${object.name}`;
