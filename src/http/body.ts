/** The body is longer than the route allows. */
export class BodyTooLarge extends Error {
  constructor() {
    super("the body is too large");
    this.name = "BodyTooLarge";
  }
}

/** How much of a body that is too long is read all the same, times what is allowed. */
const READ_ON = 16;

/**
 * The raw bytes of a request. What is too much is read on and dropped, within reason, before it is
 * refused: a client that writes all before it reads would find its connection cut instead of an answer,
 * and a body left half read would hold up the connection's next request. One that announces more than
 * is reasonable is not touched. One that announces what is allowed is read at once, because HTTP ends it
 * there, and counted afterwards: that spares a small body the stream that would be built around it, half
 * of what a webhook's request costs (`bench/acks`).
 */
export async function readBody(request: Request, atMostBytes: number): Promise<Uint8Array> {
  const announced = request.headers.get("content-length");
  if (Number(announced) > atMostBytes * READ_ON) throw new BodyTooLarge();
  if (announced !== null && Number(announced) <= atMostBytes) {
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
