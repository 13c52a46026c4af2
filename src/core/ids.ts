/**
 * The ids that would swap silently if they were all `string`. Box's ids are text, digits of any
 * length as a rule (some exceed 2^53), so they are never numbers here; ours are UUIDs.
 */
declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

export type FileId = Id<"file">;
export type VersionId = Id<"version">;
export type FolderId = Id<"folder">;
export type AccountId = Id<"account">;
export type SourceId = Id<"source">;

export const fileId = (text: string) => text as FileId;
export const versionId = (text: string) => text as VersionId;
export const folderId = (text: string) => text as FolderId;
export const accountId = (text: string) => text as AccountId;
export const sourceId = (text: string) => text as SourceId;

/**
 * What is taken for an id where Box answers one. Its schemas say text, no more; digits are all that was
 * ever seen, and whatever else this lets through is good in an address and in an index.
 */
export const isBoxId = (text: string) => /^[A-Za-z0-9_-]{1,64}$/.test(text);

/** Box's name for the top of an account's tree; it is the same in every account. */
export const ROOT_FOLDER = folderId("0");

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** True for the text form PostgreSQL prints; anything else would make it raise on a cast. */
export const isUuid = (text: string) => UUID.test(text);
