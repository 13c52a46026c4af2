import type { Sums } from "./checksums.ts";

/** What a caller may say about an object: https://cloud.google.com/storage/docs/json_api/v1/objects */
export type ObjectFields = Partial<Record<(typeof WRITABLE)[number], string | boolean>> & {
  metadata?: Record<string, string>;
  /** Of an object that was composed: it has no MD5, only a CRC32C. */
  componentCount?: number;
  retentionExpirationTime?: string;
};

export const WRITABLE = [
  "contentType",
  "contentEncoding",
  "contentDisposition",
  "contentLanguage",
  "cacheControl",
  "customTime",
  "storageClass",
  "eventBasedHold",
  "temporaryHold",
] as const;

/** One generation of one object: finalised once, its bytes never change afterwards. */
export interface Generation extends Sums {
  bucket: string;
  name: string;
  generation: number;
  metageneration: number;
  sizeBytes: number;
  fields: ObjectFields;
  finalisedAt: Date;
  updatedAt: Date;
  /** When it was overwritten or deleted; `undefined` while it is the live one. */
  endedAt: Date | undefined;
  /** Below the bucket's folder. */
  path: string;
  /** The staged file that becomes `path`: what a restart needs to finish an interrupted rename. */
  staged: string;
}
