/** The body is longer than the route allows. */
export class BodyTooLarge extends Error {
  constructor() {
    super("the body is too large");
    this.name = "BodyTooLarge";
  }
}

/** The raw bytes of a request, counted as they come: a declared length is not believed. */
export async function readBody(request: Request, atMostBytes: number): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length")) > atMostBytes) throw new BodyTooLarge();
  if (!request.body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body) {
    length += chunk.byteLength;
    if (length > atMostBytes) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}
