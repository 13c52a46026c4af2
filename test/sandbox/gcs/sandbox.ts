import { EventEmitter } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IdempotencyStrategy, Storage } from "@google-cloud/storage";
import { onTestFinished } from "vitest";
import { type SandboxGcs, startGcs } from "../../../sandbox/gcs/start.ts";

export const BUCKET = "lake-test";

export interface Folders {
  root: string;
  state: string;
}

/** Two fresh folders, gone when the test is. */
export async function makeFolders(): Promise<Folders> {
  const folder = await mkdtemp(join(tmpdir(), "gcs-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return { root: join(folder, "lake"), state: join(folder, "state") };
}

/** A sandbox for one test, with one bucket; on `folders` of an earlier one it goes on there. */
export async function openSandbox(folders?: Folders): Promise<SandboxGcs> {
  const gcs = await startGcs({ ...(folders ?? (await makeFolders())), buckets: [BUCKET] });
  let closed = false;
  const close = async () => {
    if (!closed) await gcs.close();
    closed = true;
  };
  onTestFinished(close);
  return { ...gcs, close };
}

// Google's client hangs a dozen listeners on a stream of its own, which Node would report as a leak of ours.
EventEmitter.defaultMaxListeners = 20;

/** Google's client as it is, pointed at the sandbox. It retries, but does not dawdle. */
export function clientOf(gcs: SandboxGcs) {
  const storage = new Storage({
    projectId: "sandbox",
    apiEndpoint: gcs.url,
    useAuthWithCustomEndpoint: false,
    retryOptions: {
      maxRetries: 5,
      retryDelayMultiplier: 1,
      maxRetryDelay: 1,
      idempotencyStrategy: IdempotencyStrategy.RetryAlways,
    },
  });
  return { storage, bucket: storage.bucket(BUCKET) };
}

/** Bytes that differ everywhere, the same every time. */
export function pattern(sizeBytes: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; at++) bytes[at] = (at * 31 + (at >> 8) * 17) & 0xff;
  return bytes;
}

export const KIB = 1024;

/** The protocol by hand. */
export function rawClient(gcs: SandboxGcs) {
  const uploads = `${gcs.url}/upload/storage/v1/b/${BUCKET}/o`;
  const objects = `${gcs.url}/storage/v1/b/${BUCKET}/o`;

  const request = (url: string, init: RequestInit = {}) =>
    fetch(url, { redirect: "manual", ...init });

  return {
    request,
    objects,
    uploads,

    media: (name: string, body: Body, query = "", headers: Record<string, string> = {}) =>
      request(`${uploads}?uploadType=media&name=${encodeURIComponent(name)}${query}`, {
        method: "POST",
        body,
        headers,
      }),

    get: (name: string, query = "", headers: Record<string, string> = {}) =>
      request(`${objects}/${encodeURIComponent(name)}${query}`, { headers }),

    /** The session's address. */
    async begin(
      name: string,
      { query = "", headers = {}, resource = {} }: Begin = {},
    ): Promise<string> {
      const answer = await request(
        `${uploads}?uploadType=resumable&name=${encodeURIComponent(name)}${query}`,
        { method: "POST", body: JSON.stringify(resource), headers },
      );
      const location = answer.headers.get("location");
      if (answer.status !== 200 || location === null)
        throw new Error(`no session: ${answer.status} ${await answer.text()}`);
      return location;
    },

    put: (
      session: string,
      contentRange: string | undefined,
      body?: Body,
      headers: Record<string, string> = {},
    ) =>
      request(session, {
        method: "PUT",
        ...(body === undefined ? {} : { body }),
        headers: { ...(contentRange ? { "content-range": contentRange } : {}), ...headers },
      }),

    cancel: (session: string) => request(session, { method: "DELETE" }),
  };
}

type Body = NonNullable<RequestInit["body"]>;

interface Begin {
  query?: string;
  headers?: Record<string, string>;
  resource?: Record<string, unknown>;
}

/** What a refusal says, in Google's form. */
export async function refusalOf(answer: Response) {
  const body = (await answer.json()) as {
    error: { code: number; message: string; errors: { reason: string; domain: string }[] };
  };
  const { code, message, errors } = body.error;
  return { status: answer.status, code, message, reason: errors[0]?.reason };
}
