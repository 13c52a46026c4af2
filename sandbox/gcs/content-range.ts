import { GcsError, invalid } from "./errors.ts";

/**
 * What a PUT to an upload session says about its body:
 * https://cloud.google.com/storage/docs/performing-resumable-uploads
 */
export type UploadRange =
  /** No bytes: how much is there? `totalBytes` given and reached completes the upload. */
  | { kind: "status"; totalBytes: number | undefined }
  /** `to` is inclusive and missing for `a-*`: the body says where it ends. */
  | { kind: "bytes"; from: number; to: number | undefined; totalBytes: number | undefined };

/** A PUT without Content-Range carries the whole object. */
export function parseContentRange(header: string | undefined): UploadRange {
  if (header === undefined) return { kind: "bytes", from: 0, to: undefined, totalBytes: undefined };
  const match = /^bytes (\*|(\d+)-(\d+|\*))\/(\d+|\*)$/.exec(header.trim());
  if (!match) throw invalid("Failed to parse Content-Range header.");
  const [, range, from, to, total] = match;
  const totalBytes = total === "*" ? undefined : Number(total);
  if (range === "*") return { kind: "status", totalBytes };
  const bytes = {
    kind: "bytes" as const,
    from: Number(from),
    to: to === "*" ? undefined : Number(to),
    totalBytes,
  };
  if (bytes.to !== undefined && (bytes.to < bytes.from || bytes.to >= (totalBytes ?? Infinity)))
    throw invalid("Failed to parse Content-Range header.");
  return bytes;
}

/** Whether the body of this PUT is the last of the object. */
export function isFinal(range: UploadRange & { kind: "bytes" }): boolean {
  if (range.to === undefined) return true;
  return range.totalBytes !== undefined && range.to + 1 === range.totalBytes;
}

export interface ByteRange {
  from: number;
  /** Inclusive. */
  to: number;
}

/**
 * One range of a download, or `undefined` for the whole object: HTTP lets a server ignore what it does
 * not understand, and Cloud Storage ignores several ranges at once. Throws 416 when nothing of the
 * range is there.
 */
export function parseRange(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return undefined;
  const [first, last] = [match[1] ?? "", match[2] ?? ""];
  const from = first === "" ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const to = first === "" || last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  if (from >= sizeBytes || (first === "" && Number(last) === 0))
    throw new GcsError(
      416,
      "requestedRangeNotSatisfiable",
      "The requested range cannot be satisfied.",
      { location: { locationType: "header", location: "Range" } },
    );
  return { from, to };
}
