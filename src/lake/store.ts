import type { ObjectMetadata } from "../core/object-metadata.ts";

/**
 * The lake: objects that are created once and never changed or deleted by us. Every call may throw
 * a `Failure` (core/failure.ts).
 */
export interface LakeStore {
  /** `gs://bucket/prefix`, without a slash at the end: where objects lie that name no other bucket. */
  readonly uri: string;

  /**
   * Creates the object if nothing lies under its name, and only if `source` yields exactly
   * `sizeBytes` bytes whose SHA-1 is `sha1`: until both are proved nothing is visible. Memory does
   * not grow with the size.
   *
   * Called again for an object that exists: `adopted`, without a second copy, when what lies there
   * is the same version of the same file for the same source (metadata) with the same size and
   * checksum; throws `conflict` when it is anything else. Nothing is overwritten or deleted.
   *
   * After any doubt (a reset, a lost answer, 412) it looks before it judges: absent throws
   * `transient`. Bytes that disprove `sizeBytes` or `sha1` throw `mismatch`. Failures that `source`
   * throws pass through unchanged. `source` is consumed at most once.
   */
  create(request: CreateRequest): Promise<Created>;

  /** What lies under the name now, or `undefined`; in the lake's own bucket unless another is named. */
  look(name: string, signal?: AbortSignal, bucket?: string): Promise<LakeObject | undefined>;

  /**
   * Resolves when every bucket is there and lets us create and read; throws `blocked` naming the
   * missing permission or bucket, with what to do.
   */
  probe(): Promise<void>;
}

/** What an object is to be, whoever has its bytes. */
export interface WantedObject {
  /** The lake's own unless said. */
  bucket?: string | undefined;
  /** The whole object name inside the bucket: 1 to 1024 bytes of UTF-8. */
  name: string;
  sizeBytes: number;
  /** Lower-case hexadecimal. */
  sha1: string;
  contentType: string;
  /** Custom metadata, at most 8 KiB of keys and values together. */
  metadata: ObjectMetadata;
}

export interface CreateRequest extends WantedObject {
  source: AsyncIterable<Uint8Array>;
  signal?: AbortSignal;
}

export interface LakeObject {
  name: string;
  /** GCS's int64 as text. */
  generation: string;
  sizeBytes: number;
  /** Base64 of the big-endian checksum, as GCS writes it. */
  crc32c: string;
  metadata: Record<string, string>;
  createdAt: Date | undefined;
}

export interface Created {
  outcome: "created" | "adopted";
  object: LakeObject;
}
