import { createHash } from "node:crypto";
import { crc32c } from "@node-rs/crc32";
import { Failure } from "../core/failure.ts";

/** What the bytes must turn out to be. */
export interface Expected {
  sizeBytes: number;
  /** Lower-case hexadecimal. */
  sha1: string;
}

export interface Proof {
  /**
   * The bytes of the source, unchanged and in order, to be read once. The last buffer is held back
   * until size and SHA-1 are proved: who has received `sizeBytes` bytes may believe them. Throws
   * `mismatch` when they are too few, too many (at once, without waiting for the end) or others;
   * what the source throws passes through. Leaving the loop early closes the source.
   */
  bytes: AsyncIterable<Uint8Array>;
  /** CRC32C of everything as GCS writes it (base64, big-endian); absent until proved. */
  crc32c(): string | undefined;
  /** What ended the reading: the disproof, or what the source threw. */
  failure(): unknown;
}

/** Reads `source` as bytes that must be `expected`. */
export function prove(source: AsyncIterable<Uint8Array>, expected: Expected): Proof {
  let checksum: string | undefined;
  let failure: unknown;

  async function* bytes() {
    const sha1 = createHash("sha1");
    let crc = 0;
    let sizeBytes = 0;
    let held: Uint8Array | undefined;
    try {
      for await (const buffer of source) {
        // Passing the held buffer on because of an empty one could pass on the last byte.
        if (buffer.length === 0) continue;
        sizeBytes += buffer.length;
        if (sizeBytes > expected.sizeBytes)
          throw disproved(`more than the ${expected.sizeBytes} bytes that Box announced`);
        sha1.update(buffer);
        crc = crc32c(buffer, crc);
        if (held) yield held;
        held = buffer;
      }
      if (sizeBytes < expected.sizeBytes)
        throw disproved(`${sizeBytes} bytes, Box announced ${expected.sizeBytes}`);
      const digest = sha1.digest("hex");
      if (digest !== expected.sha1)
        throw disproved(`SHA-1 ${digest}, Box announced ${expected.sha1}`);
    } catch (error) {
      failure = error;
      throw error;
    }
    checksum = toBase64(crc);
    if (held) yield held;
  }

  return { bytes: bytes(), crc32c: () => checksum, failure: () => failure };
}

const disproved = (found: string) =>
  new Failure("mismatch", `The bytes are not those of the version: ${found}`);

function toBase64(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString("base64");
}
