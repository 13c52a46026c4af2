import { createHash } from "node:crypto";
import { crc32c } from "@node-rs/crc32";
import { type GcsStoreOptions, openGcsStore } from "../../src/lake/gcs-store.ts";
import type { CreateRequest } from "../../src/lake/store.ts";
import { createLog } from "../../src/log.ts";
import { type Received, type Reply, startScript } from "./scripted-server.ts";

const KIB = 1024;

export function open(apiEndpoint: string, options: Partial<GcsStoreOptions> = {}) {
  return openGcsStore({
    bucket: "lake",
    prefix: "box",
    apiEndpoint,
    credentials: undefined,
    log: createLog("silent"),
    timeoutMs: 2_000,
    waitsMs: [1, 1],
    chunkBytes: 256 * KIB,
    ...options,
  });
}

export function request(bytes: Buffer, more: Partial<CreateRequest> = {}): CreateRequest {
  return {
    name: "box/plates/plate.csv/1-2.csv",
    sizeBytes: bytes.length,
    sha1: createHash("sha1").update(bytes).digest("hex"),
    contentType: "text/csv",
    metadata: { "box-file-id": "1", "box-version-id": "2", "longshore-source-id": "3" },
    source: (async function* () {
      for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
    })(),
    ...more,
  };
}

export function resourceOf(bytes: Buffer, metadata: object = request(bytes).metadata) {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32c(bytes));
  return {
    name: request(bytes).name,
    generation: "1700000000000001",
    size: String(bytes.length),
    crc32c: sum.toString("base64"),
    metadata,
    timeCreated: "2026-01-02T03:04:05.678Z",
  };
}

export const refused = (status: number, message: string, reason = "forbidden"): Reply => ({
  status,
  body: { error: { code: status, message, errors: [{ message, reason, domain: "global" }] } },
});

export const absent = refused(404, "No such object", "notFound");
export const isCreation = ({ url }: Received) => url.includes("uploadType=");
export const small = Buffer.from("a,b\n1,2\n");
export const large = Buffer.alloc(600 * KIB, "plate");

/** A server on which a name is free, whose answers to creating are the test's. */
export const creating = (answer: (request: Received) => Reply | "reset" | "stall") =>
  startScript((received) => (isCreation(received) ? answer(received) : absent));
