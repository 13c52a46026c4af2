import type { GetFilesOptions } from "@google-cloud/storage";
import { expect, test } from "vitest";
import { BUCKET, clientOf, makeFolders, openSandbox, rawClient } from "./sandbox.ts";

test("a bucket's metadata is merged, counted, conditional, and outlives a restart", async () => {
  const folders = await makeFolders();
  const gcs = await openSandbox(folders);
  const { bucket } = clientOf(gcs);
  await bucket.setLabels({ team: "lab", run: "7" });
  const { request } = rawClient(gcs);
  const url = `${gcs.url}/storage/v1/b/${BUCKET}`;
  const patch = (body: unknown, query = "") =>
    request(`${url}${query}`, { method: "PATCH", body: JSON.stringify(body) });
  expect((await patch({ labels: { run: null } }, "?ifMetagenerationMatch=1")).status).toBe(412);
  expect((await patch({ labels: { run: null } }, "?ifMetagenerationMatch=2")).status).toBe(200);
  expect((await request(`${url}?ifMetagenerationNotMatch=3`)).status).toBe(304);
  await bucket.setCorsConfiguration([{ maxAgeSeconds: 60 }]);
  await bucket.setCorsConfiguration([]);
  await gcs.close();

  const [metadata] = await clientOf(await openSandbox(folders)).bucket.getMetadata();
  expect(metadata).toMatchObject({ labels: { team: "lab" }, metageneration: "5" });
  expect(metadata).not.toHaveProperty("cors");
});

test("a retention policy is told, with when an object's time is over, and can be locked", async () => {
  const gcs = await openSandbox();
  const { bucket } = clientOf(gcs);
  await bucket.setRetentionPeriod(600);
  await bucket.file("held").save("x");
  const [until] = await bucket.file("held").getExpirationDate();
  const created = new Date((await bucket.file("held").getMetadata())[0].timeCreated!);
  expect(until.getTime() - created.getTime()).toBe(600_000);
  await bucket.lock(2);
  const [{ retentionPolicy }] = await bucket.getMetadata();
  expect(retentionPolicy).toMatchObject({ retentionPeriod: "600", isLocked: true });
  await expect(bucket.setRetentionPeriod(300)).rejects.toMatchObject({ code: 403 });
  await expect(bucket.removeRetentionPeriod()).rejects.toMatchObject({ code: 403 });
  await bucket.setRetentionPeriod(900);
});

test("an object that is held stays until the hold is gone, also a bucket's default one", async () => {
  const gcs = await openSandbox();
  const { bucket } = clientOf(gcs);
  await bucket.setMetadata({ defaultEventBasedHold: true });
  const file = bucket.file("held");
  await file.save("x");
  expect((await file.getMetadata())[0]).toMatchObject({ eventBasedHold: true });
  await expect(file.delete()).rejects.toMatchObject({ code: 403 });
  await file.setMetadata({ eventBasedHold: false, temporaryHold: true });
  for (const work of [() => file.save("y"), () => file.moveFileAtomic("moved")])
    await expect(work()).rejects.toMatchObject({ code: 403 });
  const onlyNew = { preconditionOpts: { ifGenerationMatch: 0 } };
  await expect(file.save("y", onlyNew)).rejects.toMatchObject({ code: 412 });

  await bucket.setMetadata({ versioning: { enabled: true } });
  const [{ generation }] = await file.getMetadata();
  await file.save("y");
  const first = bucket.file("held", { generation: generation! });
  expect(String((await first.download())[0])).toBe("x");
  await expect(first.delete()).rejects.toMatchObject({ code: 403 });
  await file.setMetadata({ eventBasedHold: false });
  await file.delete();
});

test("buckets are listed by prefix and in pages, dotted names among them", async () => {
  const gcs = await openSandbox();
  const { storage } = clientOf(gcs);
  for (const name of ["logs.example.one", "logs.example.two"]) await storage.createBucket(name);
  const page = { prefix: "logs.", maxResults: 1, autoPaginate: false };
  const [first, next] = await storage.getBuckets(page);
  expect(first.map(({ name }) => name)).toEqual(["logs.example.one"]);
  const [second] = await storage.getBuckets(next!);
  expect(second.map(({ name }) => name)).toEqual(["logs.example.two"]);
  await expect(storage.createBucket("a..b")).rejects.toMatchObject({ code: 400 });
});

test("access lists, policies, notifications and keys are kept for who asks for them", async () => {
  const gcs = await openSandbox();
  const { storage, bucket } = clientOf(gcs);
  await bucket.acl.add({ entity: "allUsers", role: "READER" });
  expect((await bucket.acl.get({ entity: "allUsers" }))[0]).toMatchObject({ role: "READER" });
  await gcs.put(BUCKET, "file", "x");
  await bucket.file("file").acl.add({ entity: "allUsers", role: "OWNER" });
  await bucket.file("file").acl.delete({ entity: "allUsers" });
  await expect(bucket.file("file").acl.get({ entity: "allUsers" })).rejects.toMatchObject({
    code: 404,
  });

  const [policy] = await bucket.iam.getPolicy();
  const bindings = [{ role: "roles/storage.admin", members: ["user:someone@example.com"] }];
  await bucket.iam.setPolicy({ ...policy, bindings });
  await expect(bucket.iam.setPolicy({ ...policy, bindings: [] })).rejects.toMatchObject({
    code: 412,
  });
  expect((await bucket.iam.getPolicy())[0].bindings).toEqual(bindings);

  const [notification] = await bucket.createNotification("topic");
  expect((await bucket.getNotifications())[0].map(({ id }) => id)).toEqual([notification.id]);

  const [key] = await storage.createHmacKey("someone@example.com");
  await expect(key.delete()).rejects.toMatchObject({ code: 400 });
  await key.setMetadata({ state: "INACTIVE" });
  await key.delete();
  expect((await storage.getHmacKeys())[0]).toEqual([]);
  expect((await storage.getServiceAccount())[0].emailAddress).toContain("sandbox");
});

test("a listing obeys an end, a glob, and whether folders are items, too", async () => {
  const gcs = await openSandbox();
  const { bucket } = clientOf(gcs);
  for (const name of ["a.csv", "b/", "b/c.csv", "b/d/e.csv", "f.txt"])
    await gcs.put(BUCKET, name, "x");
  const names = async (query: GetFilesOptions) =>
    (await bucket.getFiles(query))[0].map(({ name }) => name);
  expect(await names({ startOffset: "b/", endOffset: "b/d" })).toEqual(["b/", "b/c.csv"]);
  expect(await names({ matchGlob: "*.csv" })).toEqual(["a.csv"]);
  expect(await names({ matchGlob: "**.csv" })).toEqual(["a.csv", "b/c.csv", "b/d/e.csv"]);
  expect(await names({ delimiter: "/", autoPaginate: false })).toEqual(["a.csv", "f.txt"]);
  const withFolders = { delimiter: "/", includeTrailingDelimiter: true, autoPaginate: false };
  expect(await names(withFolders)).toEqual(["a.csv", "b/", "f.txt"]);
});

test("an object is read at the address for people, too", async () => {
  const gcs = await openSandbox();
  await gcs.put(BUCKET, "a/b.txt", "public");
  expect(await (await fetch(`${gcs.url}/${BUCKET}/a/b.txt`)).text()).toBe("public");
  expect(await clientOf(gcs).bucket.file("a/b.txt").isPublic()).toEqual([true]);
  expect((await fetch(`${gcs.url}/${BUCKET}/a/none.txt`)).status).toBe(404);
});
