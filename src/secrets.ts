import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** Names the form of what follows, so that a later one can stand beside it. */
const FORM = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface Secrets {
  /** Encrypts a value for one place (`accounts:<id>:credentials`); twice gives different bytes. */
  seal(value: unknown, place: string): Buffer;
  /** Throws when the bytes were sealed for another place, with another key, or were changed. */
  open(sealed: Uint8Array, place: string): unknown;
}

/**
 * AES-256-GCM with a random nonce; the place is bound in, so that a row copied onto another row
 * does not open. Nothing here ever prints a key or a value.
 */
export function createSecrets(key: Uint8Array): Secrets {
  return {
    seal(value, place) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      cipher.setAAD(Buffer.from(place));
      const text = Buffer.concat([cipher.update(JSON.stringify(value), "utf8"), cipher.final()]);
      return Buffer.concat([Buffer.of(FORM), nonce, cipher.getAuthTag(), text]);
    },
    open(sealed, place) {
      const bytes = Buffer.from(sealed);
      if (bytes[0] !== FORM) throw new Error("a secret has an unknown form");
      const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
      const tag = bytes.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
        decipher.setAAD(Buffer.from(place));
        decipher.setAuthTag(tag);
        const text = bytes.subarray(1 + NONCE_BYTES + TAG_BYTES);
        return JSON.parse(Buffer.concat([decipher.update(text), decipher.final()]).toString());
      } catch {
        throw new Error("a secret could not be opened: is SECRETS_KEY the one it was sealed with?");
      }
    },
  };
}
