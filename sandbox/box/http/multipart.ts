import { badRequest } from "../refusal.ts";

export interface Part {
  name: string | undefined;
  fileName: string | undefined;
  /** To be read before the next part is asked for. */
  bytes: AsyncGenerator<Uint8Array>;
}

const NEWLINES = Buffer.from("\r\n\r\n");
/** Enough for any head; more is no multipart body. */
const LONGEST_HEAD = 16 * 1024;

/**
 * The parts of a multipart body one after the other, without ever holding more than a piece of
 * one. Throws 400 for what is no such body.
 */
export async function* readParts(
  body: AsyncIterable<Uint8Array>,
  contentType: string | undefined,
): AsyncGenerator<Part> {
  const found = /^multipart\/form-data;.*boundary="?([^";]+)"?/i.exec(contentType ?? "");
  if (!found) throw broken();
  const border = Buffer.from(`\r\n--${found[1]!}`);
  const source = body[Symbol.asyncIterator]();
  // The first border has no line before it; giving it one makes all borders alike.
  let held: Buffer = Buffer.from("\r\n");

  const more = async () => {
    const { value, done } = await source.next();
    if (done) throw broken();
    held = Buffer.concat([held, value]);
  };

  /** What stands before the mark; the mark itself is taken, too. */
  async function* until(mark: Buffer): AsyncGenerator<Uint8Array> {
    for (;;) {
      const at = held.indexOf(mark);
      if (at !== -1) {
        const before = held.subarray(0, at);
        held = held.subarray(at + mark.length);
        if (before.length > 0) yield before;
        return;
      }
      // The end may be the beginning of the mark.
      const sure = held.length - mark.length;
      if (sure > 0) {
        const before = held.subarray(0, sure);
        held = held.subarray(sure);
        yield before;
      }
      await more();
    }
  }

  for await (const _ of until(border));
  for (;;) {
    while (held.length < 2) await more();
    if (held.subarray(0, 2).toString() === "--") break;
    while (!held.includes(NEWLINES)) {
      if (held.length > LONGEST_HEAD) throw broken();
      await more();
    }
    const end = held.indexOf(NEWLINES);
    const head = held.subarray(0, end).toString();
    held = held.subarray(end + NEWLINES.length);
    const bytes = until(border);
    yield {
      name: /[; ]name="([^"]*)"/i.exec(head)?.[1],
      fileName: /filename="([^"]*)"/i.exec(head)?.[1],
      bytes,
    };
    for await (const _ of bytes);
  }
  // A connection is of further use only when its request was read to the end.
  while (!(await source.next()).done);
}

const broken = () => badRequest("entity-body", "Not a multipart form.");
