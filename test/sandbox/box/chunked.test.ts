import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshBox, type Ground, officialClient } from "./client.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await freshBox({ watch: false });
});
afterAll(() => ground.remove());

const client = () => officialClient(ground.box, "enterprise");
const hash = (bytes: Uint8Array) => `sha=${createHash("sha1").update(bytes).digest("base64")}`;
const refusal = (status: number, code: string) => ({ responseInfo: { body: { status, code } } });
const big = randomBytes(20 * 1024 * 1024);

test("a file uploaded in parts lands whole", async () => {
  const made = await client().chunkedUploads.uploadBigFile(
    Readable.from([big]),
    "big.bin",
    big.length,
    "0",
  );
  expect(made).toMatchObject({ name: "big.bin", size: big.length });
  expect(big.equals(await readFile(join(ground.root, "big.bin")))).toBe(true);
});

test("a new version is uploaded in parts, too, and its content downloaded", async () => {
  const { chunkedUploads, downloads } = client();
  const { file } = await ground.box.account.upload({ parentId: "0", name: "grows", bytes: "v1" });
  const session = await chunkedUploads.createFileUploadSessionForExistingFile(file.id, {
    fileSize: big.length,
  });
  const parts = [];
  for (let at = 0; at < big.length; at += session.partSize!) {
    const bytes = big.subarray(at, at + session.partSize!);
    const contentRange = `bytes ${at}-${at + bytes.length - 1}/${big.length}`;
    const headers = { digest: hash(bytes), contentRange };
    for (const _ of ["once", "again"]) {
      const { part } = await chunkedUploads.uploadFilePart(
        session.id!,
        Readable.from([bytes]),
        headers,
      );
      parts[at / session.partSize!] = part!;
    }
  }
  const status = await chunkedUploads.getFileUploadSessionById(session.id!);
  expect(status).toMatchObject({ numPartsProcessed: 3, totalParts: 3 });
  await chunkedUploads.createFileUploadSessionCommit(session.id!, { parts }, { digest: hash(big) });
  const content = await downloads.downloadFile(file.id);
  expect(big.equals(await buffer(content!))).toBe(true);
  expect(ground.box.account.versions(file.id)).toHaveLength(2);
  await chunkedUploads.deleteFileUploadSessionById(session.id!);
  await expect(chunkedUploads.getFileUploadSessionById(session.id!)).rejects.toMatchObject(
    refusal(404, "not_found"),
  );
});

test("a session refuses a small file, a range of its own, a wrong digest and a missing part", async () => {
  const { chunkedUploads } = client();
  const begin = (fileSize: number) =>
    chunkedUploads.createFileUploadSession({ folderId: "0", fileSize, fileName: "odd.bin" });
  await expect(begin(1000)).rejects.toMatchObject(refusal(400, "bad_request"));
  const session = await begin(big.length);
  const first = big.subarray(0, session.partSize!);
  const send = (digest: string, contentRange: string) =>
    chunkedUploads.uploadFilePart(session.id!, Readable.from([first]), { digest, contentRange });
  const range = `bytes 0-${first.length - 1}/${big.length}`;
  await expect(send(hash(first), `bytes 1-${first.length}/${big.length}`)).rejects.toMatchObject(
    refusal(416, "invalid_range"),
  );
  await expect(send(hash(big), range)).rejects.toMatchObject(refusal(400, "bad_digest"));
  // The older official clients write the algorithm in capitals.
  const { part } = await send(hash(first).replace("sha=", "SHA="), range);
  await expect(
    chunkedUploads.createFileUploadSessionCommit(
      session.id!,
      { parts: [part!] },
      { digest: hash(big) },
    ),
  ).rejects.toMatchObject(refusal(400, "bad_request"));
});

test("a check before an upload tells where to, or why not", async () => {
  const { uploads } = client();
  const wish = { name: "checked.txt", size: 5, parent: { id: "0" } };
  const { uploadUrl } = await uploads.preflightFileUploadCheck(wish);
  expect(uploadUrl).toBe(`${ground.box.url}/api/2.0/files/content`);
  const file = Readable.from([Buffer.from("bytes")]);
  const { entries } = await uploads.uploadWithPreflightCheck({ attributes: wish, file });
  expect(entries![0]!.name).toBe("checked.txt");
  await expect(uploads.preflightFileUploadCheck(wish)).rejects.toMatchObject(
    refusal(409, "item_name_in_use"),
  );
});
