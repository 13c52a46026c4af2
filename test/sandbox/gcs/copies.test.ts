import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { BUCKET, clientOf, openSandbox, rawClient } from "./sandbox.ts";

test("a copy has the bytes and the metadata of its source, and a generation of its own", async () => {
  const gcs = await openSandbox();
  const { bucket } = clientOf(gcs);
  await bucket.file("a/source.txt").save("bytes", {
    metadata: { contentType: "text/x-odd", metadata: { run: "7" } },
  });
  const [copy] = await bucket.file("a/source.txt").copy(bucket.file("b/copy.txt"));
  const [[source], [made]] = await Promise.all([
    bucket.file("a/source.txt").getMetadata(),
    copy.getMetadata(),
  ]);
  expect(made).toMatchObject({ contentType: "text/x-odd", metadata: { run: "7" } });
  expect(made.crc32c).toBe(source.crc32c);
  expect(made.generation).not.toBe(source.generation);
  expect((await copy.download())[0].toString()).toBe("bytes");
});

test("a copy obeys conditions on what it makes and on its source", async () => {
  const gcs = await openSandbox();
  const { bucket } = clientOf(gcs);
  const { generation } = await gcs.put(BUCKET, "source", "new");
  await gcs.put(BUCKET, "taken", "old");
  const once = { preconditionOpts: { ifGenerationMatch: 0 } };
  await expect(bucket.file("source").copy("taken", once)).rejects.toMatchObject({ code: 412 });
  const { request, objects } = rawClient(gcs);
  const rewrite = (condition: string) =>
    request(`${objects}/source/rewriteTo/b/${BUCKET}/o/made?${condition}`, { method: "POST" });
  expect((await rewrite("ifSourceGenerationMatch=1")).status).toBe(412);
  const done = await rewrite(`ifSourceGenerationMatch=${generation}`);
  expect(await done.json()).toMatchObject({
    done: true,
    objectSize: "3",
    resource: { name: "made" },
  });
  expect((await bucket.file("taken").download())[0].toString()).toBe("old");
});

test("a moved object is there once, under its new name", async () => {
  const gcs = await openSandbox();
  const { bucket } = clientOf(gcs);
  for (const name of ["one", "two"]) await gcs.put(BUCKET, name, name);
  await bucket.file("one").move("moved/one");
  await bucket.file("two").moveFileAtomic("moved/two");
  const names = (await gcs.objects(BUCKET)).map(({ name }) => name);
  expect(names).toEqual(["moved/one", "moved/two"]);
});

test("a composed object has the type that it was given, or none", async () => {
  const gcs = await openSandbox();
  await gcs.put(BUCKET, "part", "x");
  const { request, objects } = rawClient(gcs);
  const body = JSON.stringify({ sourceObjects: [{ name: "part" }] });
  const made = await request(`${objects}/untyped/compose`, { method: "POST", body });
  expect(await made.json()).not.toHaveProperty("contentType");
});

test("composed objects are one after the other, with a CRC32C and without an MD5", async () => {
  const gcs = await openSandbox();
  const { bucket } = clientOf(gcs);
  for (const part of ["a", "b", "c"]) await gcs.put(BUCKET, part, part.repeat(3));
  const [all] = await bucket.combine(["a", "b", "c"], "all.txt");
  expect((await all.download())[0].toString()).toBe("aaabbbccc");
  const [metadata] = await all.getMetadata();
  expect(metadata).toMatchObject({ componentCount: 3, contentType: "text/plain" });
  expect(metadata).not.toHaveProperty("md5Hash");
  await expect(bucket.combine(["a", "nothing"], "more.txt")).rejects.toMatchObject({ code: 404 });
});

test("in a versioned bucket what was overwritten or deleted can still be listed and read", async () => {
  const gcs = await openSandbox();
  const { bucket } = clientOf(gcs);
  await bucket.setMetadata({ versioning: { enabled: true } });
  const first = await gcs.put(BUCKET, "kept", "v1");
  const second = await gcs.put(BUCKET, "kept", "v2");
  await bucket.file("kept").delete();
  expect((await bucket.getFiles())[0]).toEqual([]);

  const [versions] = await bucket.getFiles({ versions: true });
  expect(versions.map(({ metadata }) => metadata.generation)).toEqual([
    first.generation,
    second.generation,
  ]);
  expect(versions[0]!.metadata.timeDeleted).toBeDefined();
  const [, next] = await bucket.getFiles({ versions: true, maxResults: 1, autoPaginate: false });
  expect((await bucket.getFiles(next!))[0].map(({ metadata }) => metadata.generation)).toEqual([
    second.generation,
  ]);

  const old = bucket.file("kept", { generation: first.generation });
  expect((await old.download())[0].toString()).toBe("v1");
  await old.delete();
  await expect(old.getMetadata()).rejects.toMatchObject({ code: 404 });
  expect((await bucket.getFiles({ versions: true }))[0]).toHaveLength(1);
});

test("gzip is taken off for who does not understand it, and left for who does", async () => {
  const gcs = await openSandbox();
  const { bucket } = clientOf(gcs);
  const zipped = gzipSync("plain text");
  await bucket.file("zipped").save(zipped, { metadata: { contentEncoding: "gzip" } });
  const { get } = rawClient(gcs);
  const plain = await get("zipped", "?alt=media", { "accept-encoding": "identity" });
  expect(plain.headers.get("content-encoding")).toBeNull();
  expect(plain.headers.get("x-goog-stored-content-encoding")).toBe("gzip");
  expect(await plain.text()).toBe("plain text");
  const [kept] = await bucket.file("zipped").download({ decompress: false });
  expect(zipped.equals(kept)).toBe(true);
});

test("a custom time becomes later or stays", async () => {
  const gcs = await openSandbox();
  const file = clientOf(gcs).bucket.file("timed");
  await file.save("x", { metadata: { customTime: "2026-01-02T00:00:00Z" } });
  for (const customTime of ["2026-01-01T00:00:00Z", null, "no time"])
    await expect(
      file.setMetadata({ customTime } as Parameters<typeof file.setMetadata>[0]),
    ).rejects.toMatchObject({ code: 400 });
  await file.setMetadata({ customTime: "2026-01-03T00:00:00Z" });
  expect((await file.getMetadata())[0].customTime).toBe("2026-01-03T00:00:00Z");
});
