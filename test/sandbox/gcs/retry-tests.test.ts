import { Storage } from "@google-cloud/storage";
import { expect, test } from "vitest";
import type { SandboxGcs } from "../../../sandbox/gcs/start.ts";
import { BUCKET, clientOf, KIB, openSandbox, pattern, rawClient } from "./sandbox.ts";

/** A scenario as a conformance suite makes it, over HTTP. */
async function scenario(gcs: SandboxGcs, instructions: Record<string, string[]>) {
  const body = JSON.stringify({ instructions });
  const made = await fetch(`${gcs.url}/retry_test`, { method: "POST", body });
  const { id } = (await made.json()) as { id: string };
  const read = async () => {
    const answer = await fetch(`${gcs.url}/retry_test/${id}`);
    return (await answer.json()) as { completed: boolean; instructions: Record<string, string[]> };
  };
  return { id, read };
}

type Interceptor = Storage["interceptors"][number];

/** Google's client, every request of which takes part in the scenario. */
function joining(gcs: SandboxGcs, id: string): Storage {
  const retryOptions = { retryDelayMultiplier: 0.01 };
  const storage = new Storage({ projectId: "p", apiEndpoint: gcs.url, retryOptions });
  storage.interceptors.push({
    request: (options) => {
      const headers = { ...options.headers, "x-retry-test-id": id };
      // Uploads name their address in another field than the type of the answer wants.
      return { ...options, headers } as ReturnType<NonNullable<Interceptor["request"]>>;
    },
  });
  return storage;
}

test("a scenario strikes the requests that name it, in its order, until it is completed", async () => {
  const gcs = await openSandbox();
  const troubles = ["return-503", "return-reset-connection"];
  const { id, read } = await scenario(gcs, { "storage.buckets.get": troubles });
  await clientOf(gcs).bucket.getMetadata();
  expect(await read()).toMatchObject({
    completed: false,
    instructions: { "storage.buckets.get": troubles },
  });

  const [metadata] = await joining(gcs, id).bucket(BUCKET).getMetadata();
  expect(metadata.name).toBe(BUCKET);
  expect(await read()).toMatchObject({
    completed: true,
    instructions: { "storage.buckets.get": [] },
  });
});

test("an upload goes on over a reset, an outage and one in the middle", async () => {
  const gcs = await openSandbox();
  const insert = ["return-reset-connection", "return-503", "return-503-after-512K"];
  const { id, read } = await scenario(gcs, { "storage.objects.insert": insert });
  const bytes = pattern(700 * KIB);
  const preconditionOpts = { ifGenerationMatch: 0 };
  const file = joining(gcs, id).bucket(BUCKET).file("big.bin");
  await file.save(bytes, { resumable: true, chunkSize: 256 * KIB, preconditionOpts });
  expect(await read()).toMatchObject({ completed: true });
  const [kept] = await clientOf(gcs).bucket.file("big.bin").download();
  expect(bytes.equals(kept)).toBe(true);
});

test("what is not retried fails, and the client says with what", async () => {
  const gcs = await openSandbox();
  const { id } = await scenario(gcs, { "storage.objects.list": ["return-401"] });
  await expect(joining(gcs, id).bucket(BUCKET).getFiles()).rejects.toMatchObject({ code: 401 });
});

test("scenarios are listed and forgotten; unknown ones and unknown instructions are refused", async () => {
  const gcs = await openSandbox();
  const { request } = rawClient(gcs);
  const { id } = await scenario(gcs, { "storage.objects.get": ["return-429"] });
  const listed = await (await request(`${gcs.url}/retry_tests`)).json();
  expect(listed).toMatchObject({ retry_test: [{ id, completed: false, transport: "HTTP" }] });
  expect((await request(`${gcs.url}/retry_test/${id}`, { method: "DELETE" })).status).toBe(200);
  expect((await request(`${gcs.url}/retry_test/${id}`)).status).toBe(404);
  const create = async (body: unknown) =>
    (await request(`${gcs.url}/retry_test`, { method: "POST", body: JSON.stringify(body) })).status;
  expect(await create({})).toBe(400);
  expect(await create({ instructions: { "storage.objects.get": ["return-nothing"] } })).toBe(400);
});
