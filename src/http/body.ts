/** The body is longer than the route allows. */
export class BodyTooLarge extends Error {
  constructor() {
    super("the body is too large");
    this.name = "BodyTooLarge";
  }
}

/** How much of a body that has no end in sight is read, times what is allowed. */
const READ_ON = 16;

/**
 * The raw bytes of a request. One that announces too much is not touched. One without a length is
 * counted as it comes, and what is too much of it is read on and dropped, within reason: a body left
 * half read would hold up, and then cut, the next request of its connection. One with a length is read
 * at once, because HTTP ends it there, and counted afterwards: that spares a small body the stream
 * that would be built around it, half of what a webhook's request costs (`bench/acks`).
 */
export async function readBody(request: Request, atMostBytes: number): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length")) > atMostBytes) throw new BodyTooLarge();
  if (request.headers.has("content-length")) {
    const body = new Uint8Array(await request.arrayBuffer());
    if (body.byteLength > atMostBytes) throw new BodyTooLarge();
    return body;
  }
  if (!request.body) return new Uint8Array();
  let chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body) {
    length += chunk.byteLength;
    if (length <= atMostBytes) chunks.push(chunk);
    else chunks = [];
    if (length > atMostBytes * READ_ON) break;
  }
  if (length > atMostBytes) throw new BodyTooLarge();
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}
