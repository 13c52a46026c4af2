import type { Catalogue, Generation } from "./catalogue.ts";
import { invalid } from "./errors.ts";

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
  maxResults: number;
  pageToken: string | undefined;
}

const MAX_RESULTS = 1000;

/** Greater than every character that a name may hold at its place. */
const LAST_CHARACTER = "\u{10FFFF}";

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
  const { bucket, prefix, delimiter, maxResults } = request;
  const items: Generation[] = [];
  const prefixes: string[] = [];
  let last = decodeToken(request.pageToken ?? "");
  let first: string | undefined = later(later(prefix, request.startOffset), justAfter(last));

  while (first !== undefined) {
    let skipTo: string | undefined;
    for (const object of catalogue.from(bucket, first)) {
      if (!object.name.startsWith(prefix)) break;
      const cut = delimiter === "" ? -1 : object.name.indexOf(delimiter, prefix.length);
      const folder = cut < 0 ? undefined : object.name.slice(0, cut + delimiter.length);
      const entry = folder === undefined ? object.name : folder + LAST_CHARACTER;
      if (entry !== last) {
        if (items.length + prefixes.length === maxResults)
          return { items, prefixes, nextPageToken: encodeToken(last) };
        if (folder === undefined) items.push(object);
        else prefixes.push(folder);
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

/** The later of two names in byte order, which differs from JavaScript's. */
const later = (a: string, b: string) =>
  Buffer.compare(Buffer.from(a), Buffer.from(b)) > 0 ? a : b;

/** No name lies between these two. */
const justAfter = (name: string) => (name === "" ? "" : `${name}\0`);

const encodeToken = (name: string) => Buffer.from(name).toString("base64url");
const decodeToken = (token: string) => Buffer.from(token, "base64url").toString();
