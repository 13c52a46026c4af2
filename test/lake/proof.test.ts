import { createHash } from "node:crypto";
import * as fc from "../support/dice.ts";
import { describe, expect, test } from "vitest";
import { Failure } from "../../src/core/failure.ts";
import { chunksOf } from "../../src/lake/chunks.ts";
import { prove } from "../../src/lake/proof.ts";

const sha1Of = (bytes: Uint8Array) => createHash("sha1").update(bytes).digest("hex");
const factOf = (bytes: Uint8Array) => ({ sizeBytes: bytes.length, sha1: sha1Of(bytes) });

/** The content, and the same content cut anywhere, empty buffers included. */
const content = fc
  .tuple(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat({ max: 200 }), { maxLength: 8 }))
  .map(([bytes, cuts]) => ({ bytes, cuts: cuts.filter((cut) => cut <= bytes.length) }));

async function* pieces(bytes: Uint8Array, cuts: number[]) {
  const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
  for (let at = 1; at < edges.length; at++) yield bytes.slice(edges[at - 1], edges[at]);
}

async function read(bytes: AsyncIterable<Uint8Array>) {
  const received: Uint8Array[] = [];
  let error: unknown;
  try {
    for await (const buffer of bytes) received.push(Uint8Array.from(buffer));
  } catch (thrown) {
    error = thrown;
  }
  return { received: Buffer.concat(received), error };
}

async function expectDisproved(
  announced: Uint8Array,
  source: AsyncIterable<Uint8Array>,
): Promise<void> {
  const proof = prove(source, factOf(announced));
  const { received, error } = await read(proof.bytes);
  expect(error).toMatchObject({ name: "Failure", kind: "mismatch" });
  expect(proof.failure()).toBe(error);
  expect(proof.crc32c()).toBeUndefined();
  expect(received.length).toBeLessThan(Math.max(announced.length, 1));
}

describe("the proof", () => {
  test("passes the right bytes unchanged, however they arrive", () =>
    fc.assert(
      fc.asyncProperty(content, async ({ bytes, cuts }) => {
        const proof = prove(pieces(bytes, cuts), factOf(bytes));
        const { received, error } = await read(proof.bytes);
        expect(error).toBeUndefined();
        expect(received).toEqual(Buffer.from(bytes));
        expect(proof.crc32c()).toHaveLength(8);
      }),
    ));

  test("never lets the last byte of flipped bytes through", () =>
    fc.assert(
      fc.asyncProperty(content, fc.nat(), fc.nat({ max: 7 }), async ({ bytes, cuts }, at, bit) => {
        fc.pre(bytes.length > 0);
        const flipped = Uint8Array.from(bytes);
        flipped[at % bytes.length]! ^= 1 << bit;
        await expectDisproved(bytes, pieces(flipped, cuts));
      }),
    ));

  test("never lets the last byte of truncated bytes through", () =>
    fc.assert(
      fc.asyncProperty(content, fc.nat(), async ({ bytes, cuts }, keep) => {
        fc.pre(bytes.length > 0);
        const short = bytes.slice(0, keep % bytes.length);
        const inside = cuts.filter((cut) => cut <= short.length);
        await expectDisproved(bytes, pieces(short, inside));
      }),
    ));

  test("never lets the last byte through when more follows", () =>
    fc.assert(
      fc.asyncProperty(
        content,
        fc.uint8Array({ minLength: 1, maxLength: 9 }),
        async ({ bytes, cuts }, more) => {
          const long = Uint8Array.from([...bytes, ...more]);
          await expectDisproved(bytes, pieces(long, [...cuts, bytes.length]));
        },
      ),
    ));

  test("refuses excess at once, without waiting for the end", async () => {
    let closed = false;
    async function* endless() {
      try {
        for (;;) yield Buffer.from("abc");
      } finally {
        closed = true;
      }
    }
    await expectDisproved(Buffer.from("abcab"), endless());
    expect(closed).toBe(true);
  });

  test("writes CRC32C as GCS does", async () => {
    const bytes = Buffer.from("123456789");
    const proof = prove(pieces(bytes, [4]), factOf(bytes));
    await read(proof.bytes);
    expect(proof.crc32c()).toBe(Buffer.from("e3069283", "hex").toString("base64"));
  });

  test("passes on what the source throws, unchanged", async () => {
    const cut = new Failure("transient", "the connection was cut");
    // oxlint-disable-next-line require-yield
    async function* cutShort() {
      yield Buffer.from("ab");
      throw cut;
    }
    const proof = prove(cutShort(), factOf(Buffer.from("abc")));
    expect((await read(proof.bytes)).error).toBe(cut);
    expect(proof.failure()).toBe(cut);
  });
});

test("chunks hold the same bytes in pieces of one length, the last one shorter", () =>
  fc.assert(
    fc.asyncProperty(content, fc.integer({ min: 1, max: 60 }), async ({ bytes, cuts }, length) => {
      const lengths: number[] = [];
      const received: Buffer[] = [];
      for await (const chunk of chunksOf(pieces(bytes, cuts), length)) {
        lengths.push(chunk.length);
        received.push(Buffer.from(chunk));
      }
      expect(Buffer.concat(received)).toEqual(Buffer.from(bytes));
      expect(lengths).toHaveLength(Math.ceil(bytes.length / length));
      expect(lengths.slice(0, -1).every((one) => one === length)).toBe(true);
    }),
  ));
