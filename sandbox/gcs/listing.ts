import type { Catalogue } from "./catalogue.ts";
import type { Generation } from "./generation.ts";
import { invalid } from "./errors.ts";
import { globMatcher } from "./glob.ts";

export interface Listing {
  items: Generation[];
  prefixes: string[];
  nextPageToken: string | undefined;
}

export interface ListRequest {
  bucket: string;
  prefix: string;
  delimiter: string;
  startOffset: string;
  /** Names before this one only. */
  endOffset: string | undefined;
  /** A name that itself ends with the delimiter is an item, too. */
  withFolders: boolean;
  matchGlob: string | undefined;
  maxResults: number;
  pageToken: string | undefined;
}

const MAX_RESULTS = 1000;

/** Greater than every character that a name may hold at its place. */
const LAST_CHARACTER = "\u{10FFFF}";

/** Google's most when nothing, 0 or more is asked for; refuses what is no number. */
export function readMaxResults(text: string | undefined): number {
  if (text === undefined || text === "") return MAX_RESULTS;
  if (!/^\d+$/.test(text)) throw invalid(`Invalid value '${text}' for maxResults.`);
  return Math.min(Number(text) || MAX_RESULTS, MAX_RESULTS);
}

/**
 * One page in the order of the names' bytes; `maxResults` counts items and prefixes together. The
 * token holds the last name or prefix of the page, so a page is right whatever happened between
 * two of them. https://cloud.google.com/storage/docs/json_api/v1/objects/list
 */
export function listObjects(catalogue: Catalogue, request: ListRequest): Listing {
  const { bucket, prefix, maxResults, endOffset, withFolders } = request;
  const matches = matcherOf(request);
  const items: Generation[] = [];
  const prefixes: string[] = [];
  let last = decodeToken(request.pageToken ?? "");
  let first: string | undefined = later(later(prefix, request.startOffset), justAfter(last));

  while (first !== undefined) {
    let skipTo: string | undefined;
    for (const object of catalogue.from(bucket, first)) {
      if (!object.name.startsWith(prefix)) break;
      if (endOffset !== undefined && later(object.name, endOffset) === object.name) break;
      if (!matches(object.name)) continue;
      const folder = folderOf(object.name, request);
      const entry = folder === undefined ? object.name : folder + LAST_CHARACTER;
      if (entry !== last) {
        if (items.length + prefixes.length >= maxResults)
          return { items, prefixes, nextPageToken: encodeToken(last) };
        if (folder !== undefined) prefixes.push(folder);
        if (folder === undefined || (withFolders && folder === object.name)) items.push(object);
        last = entry;
      }
      if (folder !== undefined) {
        skipTo = justAfter(later(entry, object.name));
        break;
      }
    }
    first = skipTo;
  }
  return { items, prefixes, nextPageToken: undefined };
}

/**
 * The same over generations, live or not, that come by name and oldest first. The token counts
 * entries: a page is right as long as nothing changes.
 */
export function listVersions(generations: Generation[], request: ListRequest): Listing {
  const { prefix, startOffset, endOffset, maxResults, pageToken } = request;
  const matches = matcherOf(request);
  const entries = new Map<string, Generation | undefined>();
  for (const object of generations) {
    const { name } = object;
    if (!name.startsWith(prefix) || later(name, startOffset) !== name || !matches(name)) continue;
    if (endOffset !== undefined && later(name, endOffset) === name) continue;
    const folder = folderOf(name, request);
    if (folder !== undefined) entries.set(folder, undefined);
    if (folder === undefined || (folder === name && request.withFolders))
      entries.set(`${name}\0${object.generation}`, object);
  }
  const from = Number(decodeToken(pageToken ?? "")) || 0;
  const page = [...entries].slice(from, from + maxResults);
  const next = from + page.length;
  return {
    items: page.flatMap(([, object]) => object ?? []),
    prefixes: page.flatMap(([entry, object]) => (object ? [] : [entry])),
    nextPageToken: next < entries.size ? encodeToken(String(next)) : undefined,
  };
}

/** What stands in a listing for every name that goes on after the delimiter. */
function folderOf(name: string, { prefix, delimiter }: ListRequest): string | undefined {
  const cut = delimiter === "" ? -1 : name.indexOf(delimiter, prefix.length);
  return cut < 0 ? undefined : name.slice(0, cut + delimiter.length);
}

const matcherOf = ({ matchGlob }: ListRequest): ((name: string) => boolean) =>
  matchGlob === undefined ? () => true : globMatcher(matchGlob);

/** The later of two names in byte order, which differs from JavaScript's. */
const later = (a: string, b: string) =>
  Buffer.compare(Buffer.from(a), Buffer.from(b)) > 0 ? a : b;

/** No name lies between these two. */
const justAfter = (name: string) => (name === "" ? "" : `${name}\0`);

const encodeToken = (name: string) => Buffer.from(name).toString("base64url");
const decodeToken = (token: string) => Buffer.from(token, "base64url").toString();
