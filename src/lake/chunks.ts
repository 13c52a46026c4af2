/**
 * The same bytes in pieces of exactly `chunkBytes`, the last one shorter; nothing for no bytes. Every
 * piece lies in the same memory: it is valid only until the next one is asked for.
 */
export async function* chunksOf(
  bytes: AsyncIterable<Uint8Array>,
  chunkBytes: number,
): AsyncGenerator<Buffer<ArrayBuffer>> {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let filled = 0;
  for await (const buffer of bytes) {
    for (let taken = 0; taken < buffer.length;) {
      const piece = buffer.subarray(taken, taken + chunkBytes - filled);
      chunk.set(piece, filled);
      filled += piece.length;
      taken += piece.length;
      if (filled < chunkBytes) continue;
      yield chunk;
      filled = 0;
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}
