import { createHash } from "node:crypto";
import { crc32c } from "@node-rs/crc32";
import { GcsError } from "./errors.ts";

/** Both sums as the API writes them: base64, CRC32C big-endian. */
export interface Sums {
  crc32c: string;
  md5Hash: string;
}

export interface Checksums {
  update(chunk: Uint8Array): void;
  /** Ends the calculation. */
  finish(): Sums;
}

/** Both sums of what is fed to it, in order. */
export function createChecksums(): Checksums {
  const md5 = createHash("md5");
  let crc = 0;
  return {
    update(chunk) {
      crc = crc32c(chunk, crc);
      md5.update(chunk);
    },
    finish() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(crc);
      return { crc32c: bytes.toString("base64"), md5Hash: md5.digest("base64") };
    },
  };
}

/** `crc32c=…,md5=…`, in one header or several: https://cloud.google.com/storage/docs/xml-api/reference-headers#xgooghash */
export function parseGoogHash(header: string | string[] | undefined): Partial<Sums> {
  const sums: Partial<Sums> = {};
  for (const entry of String(header ?? "").split(",")) {
    const at = entry.indexOf("=");
    const value = entry.slice(at + 1).trim();
    if (entry.slice(0, at).trim() === "crc32c") sums.crc32c = value;
    if (entry.slice(0, at).trim() === "md5") sums.md5Hash = value;
  }
  return sums;
}

/** Refuses bytes that are not the ones the caller promised; the CRC32C is judged first. */
export function checkSums(promised: Partial<Sums>, actual: Sums): void {
  if (promised.crc32c !== undefined && promised.crc32c !== actual.crc32c)
    throw new GcsError(
      400,
      "invalid",
      `Provided CRC32C "${promised.crc32c}" doesn't match calculated CRC32C "${actual.crc32c}".`,
    );
  if (promised.md5Hash !== undefined && promised.md5Hash !== actual.md5Hash)
    throw new GcsError(
      400,
      "invalid",
      `Provided MD5 hash "${promised.md5Hash}" doesn't match calculated MD5 hash "${actual.md5Hash}".`,
    );
}
