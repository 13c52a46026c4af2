import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

/** Names the layout of what follows, so that another can stand beside it. */
const FORM = 1;
const KEY_BYTES = 32;
const KEY_NAME_BYTES = 8;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const BOX_BYTES = NONCE_BYTES + TAG_BYTES;
/** Form, name of the master key, the row's own key wrapped by it; then the value. */
const HEAD_BYTES = 1 + KEY_NAME_BYTES + BOX_BYTES + KEY_BYTES;

export interface Secrets {
  /** Encrypts a value for one place (`accounts:<id>:credentials`); twice gives different bytes. */
  seal(value: unknown, place: string): Buffer;
  /** Throws when the bytes were sealed for another place, with an unknown key, or were changed. */
  open(sealed: Uint8Array, place: string): unknown;
  /** The same secret under the newest master key; the value itself is not touched. */
  rewrap(sealed: Uint8Array, place: string): Buffer;
  /** What secrets under the newest master key begin with; all others can be rewrapped. */
  readonly newest: Buffer;
}

/**
 * Envelope encryption: every secret has a random key of its own, which a master key wraps. Both
 * layers are AES-256-GCM with random nonces and are bound to the place, so that a row copied onto
 * another row does not open. The first master key is written with; the others are read, so that a
 * key can be replaced while the service runs. Nothing here ever prints a key or a value.
 */
export function createSecrets(newestKey: Uint8Array, ...olderKeys: Uint8Array[]): Secrets {
  const masters = new Map(
    [newestKey, ...olderKeys].map((key) => [nameOf(key).toString("hex"), key]),
  );
  const newest = Buffer.concat([Buffer.of(FORM), nameOf(newestKey)]);

  function unwrap(sealed: Buffer, place: string): Buffer {
    if (sealed[0] !== FORM || sealed.length < HEAD_BYTES + BOX_BYTES)
      throw new Error("a secret has an unknown form");
    const name = sealed.subarray(1, 1 + KEY_NAME_BYTES).toString("hex");
    const master = masters.get(name);
    if (!master)
      throw new Error(
        "a secret could not be opened: it was sealed with neither SECRETS_KEY nor SECRETS_KEY_PREVIOUS",
      );
    return unlock(master, sealed.subarray(1 + KEY_NAME_BYTES, HEAD_BYTES), `key:${place}`);
  }

  const wrap = (key: Buffer, place: string) =>
    Buffer.concat([newest, lock(newestKey, key, `key:${place}`)]);

  return {
    newest,
    seal(value, place) {
      const key = randomBytes(KEY_BYTES);
      return Buffer.concat([
        wrap(key, place),
        lock(key, Buffer.from(JSON.stringify(value)), place),
      ]);
    },
    open(sealed, place) {
      const bytes = Buffer.from(sealed);
      return JSON.parse(unlock(unwrap(bytes, place), bytes.subarray(HEAD_BYTES), place).toString());
    },
    rewrap(sealed, place) {
      const bytes = Buffer.from(sealed);
      return Buffer.concat([wrap(unwrap(bytes, place), place), bytes.subarray(HEAD_BYTES)]);
    },
  };
}

/** Tells keys apart without telling anything of them. */
const nameOf = (key: Uint8Array) =>
  createHash("sha256")
    .update("longshore master key")
    .update(key)
    .digest()
    .subarray(0, KEY_NAME_BYTES);

/** Nonce, tag, ciphertext. */
function lock(key: Uint8Array, plain: Uint8Array, boundTo: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(boundTo));
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

function unlock(key: Uint8Array, box: Buffer, boundTo: string): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", key, box.subarray(0, NONCE_BYTES));
  decipher.setAAD(Buffer.from(boundTo)).setAuthTag(box.subarray(NONCE_BYTES, BOX_BYTES));
  try {
    return Buffer.concat([decipher.update(box.subarray(BOX_BYTES)), decipher.final()]);
  } catch {
    throw new Error("a secret could not be opened: it was changed, or belongs to another place");
  }
}
