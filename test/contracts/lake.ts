import { createHash } from "node:crypto";
import type { Bucket } from "@google-cloud/storage";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Failure } from "../../src/core/failure.ts";
import type { CreateRequest, LakeStore } from "../../src/lake/store.ts";

/** How many bytes of a large object the store under test brings at a time. */
export const CHUNK = 256 * 1024;

export interface LakeUnderTest {
  /** With chunks of `CHUNK` bytes. */
  store: LakeStore;
  /** The same bucket, seen by Google's own client: an independent witness. */
  bucket: Bucket;
  /** The bytes under the name, not read by the store. */
  read(name: string): Promise<Buffer>;
  /** Where this run may write; ends with a slash unless it is empty. */
  prefix: string;
  close(): Promise<void>;
}

/** Bytes that differ in every chunk, so that a misplaced one shows. */
export function bytesOf(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >>> 8) * 17) & 0xff;
  return bytes;
}

export async function* inPieces(bytes: Uint8Array, length = 60_000): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.slice(at, at + length);
}

export function requestFor(name: string, bytes: Buffer, more: Partial<CreateRequest> = {}) {
  const sha1 = createHash("sha1").update(bytes).digest("hex");
  return {
    name,
    sizeBytes: bytes.length,
    sha1,
    contentType: "text/csv",
    metadata: {
      "box-file-id": "1",
      "box-version-id": "2",
      "longshore-source-id": "3",
      "box-sha1": sha1,
      "box-path": "Zürich/plate 😀.csv",
    },
    source: inPieces(bytes),
    ...more,
  } satisfies CreateRequest;
}

/** How often something was ever finished under the name. */
export async function generations(bucket: Bucket, name: string): Promise<number> {
  const [files] = await bucket.getFiles({ prefix: name, versions: true });
  return files.filter((file) => file.name === name).length;
}

/** What `LakeStore` promises, on any GCS that behaves: the sandbox, or Google's own. */
export function lakeContract(kind: string, open: () => Promise<LakeUnderTest>): void {
  describe(`the lake in ${kind}`, () => {
    let lake: LakeUnderTest;
    beforeAll(async () => {
      lake = await open();
    });
    afterAll(() => lake.close());

    const sizes = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1];
    test.each(sizes)("an object of %i bytes is created once, then adopted", async (length) => {
      const name = `${lake.prefix}sizes/${length}`;
      const bytes = bytesOf(length);
      const request = requestFor(name, bytes);
      const created = await lake.store.create(request);
      expect(created).toMatchObject({
        outcome: "created",
        object: { name, sizeBytes: length, metadata: request.metadata },
      });
      expect((await lake.read(name)).equals(bytes)).toBe(true);
      const [{ contentType }] = await lake.bucket.file(name).getMetadata();
      expect(contentType).toBe("text/csv");

      const again = await lake.store.create(requestFor(name, bytes));
      expect(again).toEqual({ outcome: "adopted", object: created.object });
      expect(await lake.store.look(name)).toEqual(created.object);
      expect(await generations(lake.bucket, name)).toBe(1);
    });

    test.each([
      "with spaces and #hash?query=1&more+plus",
      "percent %2F %23 %",
      "emoji 😀/Zürich/日本語/عربى.csv",
      "decomposed u\u0308 is not ü",
      "decomposed ü is not ü",
      `"quotes" 'and' \\ <angles> [brackets] *`,
      `${"é".repeat(480)}.csv`,
    ])("the name %j is kept exactly", async (tail) => {
      const name = `${lake.prefix}names/${tail}`;
      const bytes = Buffer.from(tail);
      await lake.store.create(requestFor(name, bytes));
      expect((await lake.store.look(name))?.name).toBe(name);
      expect((await lake.read(name)).toString()).toBe(tail);
    });

    test("a name under which nothing lies is seen as such", async () => {
      expect(await lake.store.look(`${lake.prefix}absent`)).toBeUndefined();
    });

    test("a bucket that lets us create and read passes the probe", async () => {
      await expect(lake.store.probe()).resolves.toBeUndefined();
    });

    describe.each([
      ["small", 1_000],
      ["large", 3 * CHUNK + 7],
    ])("a %s object", (label, length) => {
      const bytes = bytesOf(length);
      const flipped = Buffer.from(bytes);
      flipped[length - 1]! ^= 1;

      test.each<[string, (request: CreateRequest) => CreateRequest]>([
        ["other bytes", () => requestFor("", flipped)],
        ["another size", () => requestFor("", bytes.subarray(1))],
        [
          "another version",
          (was) => ({ ...was, metadata: { ...was.metadata, "box-version-id": "9" } }),
        ],
        ["another file", (was) => ({ ...was, metadata: { ...was.metadata, "box-file-id": "9" } })],
        [
          "another source",
          (was) => ({ ...was, metadata: { ...was.metadata, "longshore-source-id": "9" } }),
        ],
      ])("meets %s under its name: a conflict, and what was there stays", async (what, other) => {
        const name = `${lake.prefix}conflict/${label}/${what}`;
        const first = await lake.store.create({ ...other(requestFor(name, bytes)), name });
        await expect(lake.store.create(requestFor(name, bytes))).rejects.toMatchObject({
          kind: "conflict",
          hint: expect.any(String),
        });
        expect(await lake.store.look(name)).toEqual(first.object);
        expect(await generations(lake.bucket, name)).toBe(1);
      });

      test.each([
        ["truncated", bytes.subarray(0, -1)],
        ["flipped in its last bit", flipped],
        ["too long by a byte", Buffer.concat([bytes, Buffer.from("x")])],
        ["empty", Buffer.alloc(0)],
      ])("whose source is %s leaves nothing visible", async (what, wrong) => {
        const name = `${lake.prefix}mismatch/${label}/${what}`;
        const request = requestFor(name, bytes, { source: inPieces(wrong) });
        await expect(lake.store.create(request)).rejects.toMatchObject({ kind: "mismatch" });
        expect(await lake.store.look(name)).toBeUndefined();
        expect(await generations(lake.bucket, name)).toBe(0);
        await expect(lake.store.create(requestFor(name, bytes))).resolves.toMatchObject({
          outcome: "created",
        });
      });

      test("whose source fails passes the failure on and leaves nothing visible", async () => {
        const name = `${lake.prefix}failed/${label}`;
        const cut = new Failure("not_ready", "Box is still preparing it");
        const source = (async function* () {
          yield* inPieces(bytes.subarray(0, -1));
          throw cut;
        })();
        const failed = lake.store.create(requestFor(name, bytes, { source }));
        await expect(failed).rejects.toBe(cut);
        expect(await lake.store.look(name)).toBeUndefined();
      });

      test("raced for by two is created by one and adopted by the other", async () => {
        const name = `${lake.prefix}race/${label}`;
        const both = await Promise.all([
          lake.store.create(requestFor(name, bytes)),
          lake.store.create(requestFor(name, bytes)),
        ]);
        expect(both.map(({ outcome }) => outcome).sort()).toEqual(["adopted", "created"]);
        expect(both[0].object).toEqual(both[1].object);
        expect(await generations(lake.bucket, name)).toBe(1);
      });

      test("is not begun when we are told to stop", async () => {
        const name = `${lake.prefix}stopped/${label}`;
        const request = requestFor(name, bytes, { signal: AbortSignal.abort() });
        await expect(lake.store.create(request)).rejects.toMatchObject({ kind: "stopped" });
        expect(await lake.store.look(name)).toBeUndefined();
      });
    });
  });
}
