import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Storage } from "@google-cloud/storage";
import { expect, test } from "vitest";
import { startGcs } from "../../sandbox/gcs/start.ts";
import { type GcsStoreOptions, openGcsStore } from "../../src/lake/gcs-store.ts";
import { createLog } from "../../src/log.ts";
import { CHUNK, lakeContract, type LakeUnderTest, requestFor } from "../contracts/lake.ts";
import { lakeFaultContract } from "../contracts/lake-faults.ts";

const BUCKET = "longshore-lake";

const openStore = (options: Partial<GcsStoreOptions> & { apiEndpoint: string }) =>
  openGcsStore({
    bucket: BUCKET,
    prefix: "box",
    credentials: undefined,
    log: createLog("silent"),
    chunkBytes: CHUNK,
    ...options,
  });

async function openSandbox(options: Partial<GcsStoreOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), "longshore-lake-"));
  const [root, state] = [join(folder, "lake"), join(folder, "state")];
  const gcs = await startGcs({ root, state, buckets: [BUCKET] });
  const witness = new Storage({ apiEndpoint: gcs.url, projectId: "sandbox" });
  return {
    gcs,
    store: openStore({ apiEndpoint: gcs.url, ...options }),
    bucket: witness.bucket(BUCKET),
    prefix: "box/",
    async read(name: string) {
      const url = `${gcs.url}/storage/v1/b/${BUCKET}/o/${encodeURIComponent(name)}?alt=media`;
      return Buffer.from(await (await fetch(url)).arrayBuffer());
    },
    async close() {
      await gcs.close();
      await rm(folder, { recursive: true });
    },
  };
}

lakeContract("the sandbox", openSandbox);
lakeFaultContract("the sandbox", () => openSandbox({ timeoutMs: 500, waitsMs: [5, 5, 5] }));

/**
 * The same contract on Google's own servers, for whoever has a throw-away bucket: GCS_TEST_BUCKET
 * names it, GCS_TEST_CREDENTIALS holds a key file's JSON (or application default credentials are
 * used). Without the first it is not registered, and only the sandbox has been proved. It leaves
 * its objects behind under `longshore-contract/`: the store under test never deletes.
 */
const realBucket = process.env["GCS_TEST_BUCKET"];
if (realBucket) {
  const text = process.env["GCS_TEST_CREDENTIALS"];
  const credentials = text ? JSON.parse(text) : undefined;
  lakeContract("Google Cloud Storage", async (): Promise<LakeUnderTest> => {
    const bucket = new Storage(credentials ? { credentials } : {}).bucket(realBucket);
    const prefix = `longshore-contract/${randomUUID()}/`;
    return {
      prefix,
      store: openStore({
        bucket: realBucket,
        apiEndpoint: "https://storage.googleapis.com",
        credentials,
      }),
      bucket,
      read: async (name) => (await bucket.file(name).download())[0],
      close: async () => {},
    };
  });
}

test("an object may lie at the top of a bucket without a prefix", async () => {
  const lake = await openSandbox({ prefix: "" });
  expect(lake.store.uri).toBe(`gs://${BUCKET}`);
  await lake.store.create(requestFor("plate.csv", Buffer.from("a,b")));
  expect(await lake.gcs.objects(BUCKET)).toMatchObject([{ name: "plate.csv", size: 3 }]);
  await lake.close();
});

test("credentials are turned into tokens where the key file says, also after they are revoked", async () => {
  const lake = await openSandbox();
  lake.gcs.access.requireToken = true;
  const credentials = { ...lake.gcs.access.serviceAccountKey() };
  const store = openStore({ apiEndpoint: lake.gcs.url, credentials });
  await store.probe();
  await store.create(requestFor("box/first", Buffer.from("1")));
  lake.gcs.access.revokeTokens();
  await store.create(requestFor("box/second", Buffer.from("2")));
  await expect(lake.store.look("box/first")).rejects.toMatchObject({ kind: "blocked" });
  await lake.close();
});

test("a bucket that is not there is named by the probe and by creating", async () => {
  const lake = await openSandbox({ bucket: "no-such-bucket" });
  const missing = { kind: "blocked", hint: expect.stringContaining("no-such-bucket") };
  await expect(lake.store.probe()).rejects.toMatchObject(missing);
  await expect(lake.store.create(requestFor("box/x", Buffer.from("x")))).rejects.toMatchObject(
    missing,
  );
  await lake.close();
});
