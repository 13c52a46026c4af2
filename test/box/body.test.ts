import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";

import { describe, expect, it } from "vitest";

import { readText, uncompressed } from "../../src/box/body.ts";

/** An answer of these bytes, a few at a time; tells whether it was left. */
function answerOf(bytes: Uint8Array, headers: Record<string, string> = {}) {
  let left = false;
  async function* chunks() {
    try {
      const size = Math.ceil(bytes.length / 100);
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    } finally {
      left = true;
    }
  }
  const close = () => undefined;
  const answer = { status: 200, headers: new Headers(headers), body: chunks(), close };
  return { answer, left: () => left };
}

const TEXT = '{"name":"Ergebnisse – Überblick 結果 😀"}'.repeat(50);

describe("a body as text", () => {
  it.each([
    ["identity", Buffer.from(TEXT)],
    ["gzip", gzipSync(TEXT)],
    ["GZIP", gzipSync(TEXT)],
    ["x-gzip", gzipSync(TEXT)],
    ["deflate", deflateSync(TEXT)],
    ["br", brotliCompressSync(TEXT)],
  ])("is what was written, though a gateway made it %s", async (encoding, bytes) => {
    const { answer } = answerOf(bytes, { "content-encoding": encoding });
    expect(await readText(answer)).toBe(TEXT);
  });

  it("is read without the byte order mark that some write in front", async () => {
    expect(await readText(answerOf(Buffer.from("\u{FEFF}{}")).answer)).toBe("{}");
  });

  it.each([
    ["unknown", Buffer.from(TEXT), "zstd-or-what"],
    ["not what it says", Buffer.from(TEXT), "gzip"],
    ["cut short", gzipSync(TEXT).subarray(0, 40), "gzip"],
  ])("compressed in a way that is %s is transient", async (_what, bytes, encoding) => {
    const { answer } = answerOf(bytes, { "content-encoding": encoding });
    await expect(readText(answer)).rejects.toMatchObject({
      kind: "transient",
      hint: expect.stringContaining("proxy"),
    });
  });

  it("that would not fit into memory is transient, however small it is on the wire", async () => {
    const { answer } = answerOf(gzipSync(Buffer.alloc(65 * 1024 * 1024)), {
      "content-encoding": "gzip",
    });
    await expect(readText(answer)).rejects.toMatchObject({ kind: "transient" });
  });
});

it("a compressed body that is left early is left at Box, too", async () => {
  const { answer, left } = answerOf(gzipSync(Buffer.alloc(1_000_000, TEXT)), {
    "content-encoding": "gzip",
  });
  for await (const _ of uncompressed(answer, answer.body)) break;
  await expect.poll(left).toBe(true);
});
