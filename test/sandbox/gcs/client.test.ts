import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { GetFilesOptions, GetFilesResponse } from "@google-cloud/storage";
import { expect, test } from "vitest";
import { BUCKET, clientOf, KIB, makeFolders, openSandbox, pattern } from "./sandbox.ts";

const sizes = [0, 1, 255 * KIB, 256 * KIB, 256 * KIB + 1, 3 * 1024 * KIB + 7];
const ways = [
  { way: "in one request", options: { resumable: false } },
  { way: "resumable in one piece", options: { resumable: true } },
  { way: "resumable in chunks", options: { resumable: true, chunkSize: 512 * KIB } },
];

for (const { way, options } of ways)
  test(`Google's client saves ${way} and reads back the same bytes, whatever the size`, async () => {
    const folders = await makeFolders();
    const { bucket } = clientOf(await openSandbox(folders));
    for (const sizeBytes of sizes.filter((size) => size > 0 || !("chunkSize" in options))) {
      const bytes = pattern(sizeBytes);
      const file = bucket.file(`folder/${sizeBytes}.bin`);
      await file.save(bytes, { ...options, preconditionOpts: { ifGenerationMatch: 0 } });
      expect((await file.download())[0].equals(bytes)).toBe(true);
      const onDisk = await readFile(join(folders.root, BUCKET, "folder", `${sizeBytes}.bin`));
      expect(onDisk.equals(bytes)).toBe(true);
    }
  });

test("a write stream of unknown length arrives whole with its metadata", async () => {
  const { bucket } = clientOf(await openSandbox());
  const file = bucket.file("stream.bin");
  const bytes = pattern(2_000_000);
  const pieces = Array.from({ length: 20 }, (_, at) => bytes.subarray(at * 1e5, (at + 1) * 1e5));
  await pipeline(
    Readable.from(pieces),
    file.createWriteStream({
      resumable: true,
      metadata: { contentType: "text/csv", metadata: { "box-file-id": "12" } },
    }),
  );
  const [metadata] = await file.getMetadata();
  expect(metadata).toMatchObject({
    kind: "storage#object",
    size: "2000000",
    contentType: "text/csv",
    metadata: { "box-file-id": "12" },
    metageneration: "1",
  });
  expect(String(metadata.generation)).toMatch(/^\d{16}$/);
});

test("ranges give exactly the bytes asked for", async () => {
  const { bucket } = clientOf(await openSandbox());
  const bytes = pattern(300 * KIB);
  const file = bucket.file("ranges.bin");
  await file.save(bytes, { resumable: false });
  const read = async (start?: number, end?: number) => {
    const options = {
      ...(start === undefined ? {} : { start }),
      ...(end === undefined ? {} : { end }),
    };
    const chunks: Buffer[] = [];
    for await (const chunk of file.createReadStream(options)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  };
  expect((await read(10, 19)).equals(bytes.subarray(10, 20))).toBe(true);
  expect((await read(200 * KIB)).equals(bytes.subarray(200 * KIB))).toBe(true);
  expect((await read(undefined, 99)).equals(bytes.subarray(0, 100))).toBe(true);
  await expect(read(400 * KIB)).rejects.toMatchObject({ code: 416 });
});

test("metadata is merged key by key, counted in the metageneration and leaves the bytes alone", async () => {
  const gcs = await openSandbox();
  const file = clientOf(gcs).bucket.file("described.txt");
  await file.save("text", {
    resumable: false,
    metadata: { metadata: { kept: "1", dropped: "2" } },
  });
  const [before] = await file.getMetadata();
  await file.setMetadata({ metadata: { dropped: null, added: "3" }, cacheControl: "no-store" });
  const [after] = await file.getMetadata();
  expect(after.metadata).toEqual({ kept: "1", added: "3" });
  expect(after).toMatchObject({ metageneration: "2", cacheControl: "no-store" });
  expect(after.generation).toBe(before.generation);
  await expect(file.setMetadata({ metadata: { big: "x".repeat(8 * KIB) } })).rejects.toMatchObject({
    code: 400,
  });
});

test("listing pages through prefixes and delimiters in name order", async () => {
  const gcs = await openSandbox();
  const { bucket } = clientOf(gcs);
  const names = ["a/1", "a/2", "a/b/3", "a/b/4", "a/c/5", "a/z", "b/6", "ü/7", "\u{10000}/8"];
  for (const name of names) await gcs.put(BUCKET, name, name);
  const read = async (query: GetFilesOptions) => {
    const seen: { files: string[]; prefixes: string[] } = { files: [], prefixes: [] };
    for (let next: GetFilesOptions | null = { ...query, autoPaginate: false }; next;) {
      const page: GetFilesResponse = await bucket.getFiles(next);
      const { prefixes = [] } = page[2] as { prefixes?: string[] };
      expect(page[0].length + prefixes.length).toBeLessThanOrEqual(2);
      seen.files.push(...page[0].map((file) => file.name));
      seen.prefixes.push(...prefixes);
      next = page[1] as GetFilesOptions | null;
    }
    return seen;
  };
  expect(await read({ maxResults: 2 })).toEqual({ files: names, prefixes: [] });
  expect(await read({ maxResults: 2, prefix: "a/", delimiter: "/" })).toEqual({
    files: ["a/1", "a/2", "a/z"],
    prefixes: ["a/b/", "a/c/"],
  });
});

test("the second creation with ifGenerationMatch 0 is refused with 412 and changes nothing", async () => {
  const gcs = await openSandbox();
  const file = clientOf(gcs).bucket.file("once.txt");
  const once = { preconditionOpts: { ifGenerationMatch: 0 } };
  await file.save("first", { resumable: false, ...once });
  for (const resumable of [false, true])
    await expect(file.save("second", { resumable, ...once })).rejects.toMatchObject({ code: 412 });
  expect((await file.download())[0].toString()).toBe("first");
  expect(await gcs.history(BUCKET)).toHaveLength(1);
});

test("bytes that do not match the promised checksums create nothing", async () => {
  const gcs = await openSandbox();
  const file = clientOf(gcs).bucket.file("sums.txt");
  for (const resumable of [false, true])
    for (const metadata of [{ crc32c: "AAAAAA==" }, { md5Hash: "XUFAKrxLKna5cZ2REBfFkg==" }])
      await expect(
        file.save("not hello", { resumable, validation: false, metadata }),
      ).rejects.toMatchObject({ code: 400 });
  expect(await gcs.history(BUCKET)).toEqual([]);
  await file.save("hello", {
    resumable: false,
    metadata: { crc32c: "mnG7TA==", md5Hash: "XUFAKrxLKna5cZ2REBfFkg==" },
  });
  expect(await gcs.objects(BUCKET)).toHaveLength(1);
});

test("a deletion takes the generation that it names and no other", async () => {
  const gcs = await openSandbox();
  const file = clientOf(gcs).bucket.file("deleted.txt");
  await file.save("text", { resumable: false });
  const [{ generation }] = await file.getMetadata();
  await expect(file.delete({ ifGenerationMatch: 1 })).rejects.toMatchObject({ code: 412 });
  await file.delete({ ifGenerationMatch: Number(generation) });
  expect((await file.exists())[0]).toBe(false);
  await expect(file.delete()).rejects.toMatchObject({ code: 404 });
  const [ended] = await gcs.history(BUCKET);
  expect(ended?.endedAt).toBeInstanceOf(Date);
});

test("buckets are made once, found, and deleted only when empty", async () => {
  const gcs = await openSandbox();
  const { storage } = clientOf(gcs);
  const bucket = storage.bucket("another-bucket");
  expect((await bucket.exists())[0]).toBe(false);
  await expect(bucket.file("x").save("x", { resumable: false })).rejects.toMatchObject({
    code: 404,
  });
  await bucket.create();
  expect((await bucket.exists())[0]).toBe(true);
  await expect(bucket.create()).rejects.toMatchObject({ code: 409 });
  await bucket.file("x").save("x", { resumable: false });
  await expect(bucket.delete()).rejects.toMatchObject({ code: 409 });
  await bucket.file("x").delete();
  await bucket.delete();
  expect((await storage.getBuckets())[0].map(({ name }) => name)).toEqual([BUCKET]);
});

test("a withheld permission is neither reported nor granted", async () => {
  const gcs = await openSandbox();
  const { bucket } = clientOf(gcs);
  const asked = ["storage.objects.create", "storage.objects.get"];
  expect((await bucket.iam.testPermissions(asked))[0]).toEqual({
    "storage.objects.create": true,
    "storage.objects.get": true,
  });
  gcs.access.withheld.add("storage.objects.create");
  expect((await bucket.iam.testPermissions(asked))[0]).toEqual({
    "storage.objects.create": false,
    "storage.objects.get": true,
  });
  await expect(bucket.file("x").save("x", { resumable: false })).rejects.toMatchObject({
    code: 403,
  });
});
