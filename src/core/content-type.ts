import { getMimeType } from "hono/utils/mime";

/**
 * The media type that a file name promises; `application/octet-stream` when it promises none. It
 * names no charset: nobody has read the bytes, and instrument output is often not UTF-8.
 */
export function contentTypeOf(name: string): string {
  return getMimeType(name)?.split(";")[0] ?? "application/octet-stream";
}
