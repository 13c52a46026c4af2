import type { Bytes } from "./bytes.ts";
import { invalid } from "./errors.ts";

/** A `multipart/related` upload: metadata first, then the media, which is read as it arrives. */
export interface Multipart {
  metadata: string;
  /** Of the media part; `undefined` when it says nothing. */
  contentType: string | undefined;
  media: Bytes;
}

const MAX_HEAD_BYTES = 1 << 20;

/**
 * https://cloud.google.com/storage/docs/uploading-objects#rest-upload-objects and RFC 2387. The
 * media ends where the closing delimiter begins; a body that ends without one is refused, so that a
 * cut connection can never look like a short object.
 */
export async function parseMultipart(header: string | undefined, body: Bytes): Promise<Multipart> {
  const boundary = /boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(header ?? "");
  if (!boundary) throw invalid("Multipart content type must have a boundary.");
  const delimiter = Buffer.from(`\r\n--${boundary[1] ?? boundary[2]}`);
  const source = body[Symbol.asyncIterator]();
  // The first delimiter needs no line break before it.
  let held: Buffer = Buffer.from("\r\n");

  async function more(): Promise<boolean> {
    const next = await source.next();
    if (next.done) return false;
    held = held.length === 0 ? next.value : Buffer.concat([held, next.value]);
    return true;
  }

  async function readUntil(mark: Buffer | string): Promise<Buffer> {
    for (;;) {
      const at = held.indexOf(mark);
      if (at >= 0) {
        const before = held.subarray(0, at);
        held = held.subarray(at + mark.length);
        return before;
      }
      if (held.length > MAX_HEAD_BYTES) throw invalid("Metadata part is too large.");
      if (!(await more())) throw malformed();
    }
  }

  async function readHead(): Promise<string | undefined> {
    const head = (await readUntil("\r\n\r\n")).toString("latin1");
    return /^content-type:\s*(.+?)\s*$/im.exec(head)?.[1];
  }

  async function* media(): AsyncGenerator<Buffer> {
    for (;;) {
      const at = held.indexOf(delimiter);
      if (at >= 0) {
        if (at > 0) yield held.subarray(0, at);
        while (!(await source.next()).done);
        return;
      }
      const safe = held.length - delimiter.length;
      if (safe > 0) {
        yield held.subarray(0, safe);
        held = held.subarray(safe);
      }
      if (!(await more())) throw malformed();
    }
  }

  await readUntil(delimiter);
  await readHead();
  const metadata = (await readUntil(delimiter)).toString();
  const contentType = await readHead();
  return { metadata, contentType, media: media() };
}

const malformed = () => invalid("Malformed multipart body.");
