import { type AddressInfo } from "node:net";
import { promisify } from "node:util";
import { serve, type ServerType } from "@hono/node-server";
import { mkdirSync } from "node:fs";
import { type Access, createAccess } from "./access.ts";
import { createApp } from "./app.ts";
import type { Generation } from "./generation.ts";
import { createFaults, type Faults } from "./faults.ts";
import { createRequestLog, type RequestLog } from "./requests.ts";
import { createRetryTests } from "./retry-tests.ts";
import { openShelf } from "./shelf.ts";

export interface GcsOptions {
  /** The lake: `<root>/<bucket>/<object name>`, plain files with the objects' bytes. */
  root: string;
  /** Metadata, generations, open sessions; outside `root`, on the same file system. */
  state: string;
  /** 0 or nothing: any free port. */
  port?: number;
  /** Made at the start if missing. */
  buckets?: string[];
  log?: (line: string) => void;
}

export interface StoredObject {
  name: string;
  generation: string;
  size: number;
  crc32c: string;
  md5Hash: string;
  contentType: string | undefined;
  metadata: Record<string, string>;
}

export interface SandboxGcs {
  /** The origin: `/storage/v1`, `/upload/storage/v1`, `/download/storage/v1`, `/token`, `/sandbox/faults`. */
  readonly url: string;
  readonly faults: Faults;
  readonly access: Access;
  readonly requests: RequestLog;
  /** What is live, in the order of names. */
  objects(bucket: string): Promise<StoredObject[]>;
  /** Every generation that was ever finalised, oldest first, with the time it was overwritten or deleted. */
  history(bucket: string): Promise<(StoredObject & { endedAt: Date | undefined })[]>;
  /** Somebody else's object, without a request and without conditions. */
  put(
    bucket: string,
    name: string,
    bytes: Uint8Array | string,
    metadata?: Record<string, string>,
  ): Promise<StoredObject>;
  openConnections(): Promise<number>;
  /** Cuts every connection. A start on the same folders goes on where this one ended. */
  close(): Promise<void>;
}

/**
 * A Cloud Storage of our own on two folders, built from Google's published JSON API. It keeps
 * what it answered for through kill -9 of the process, not through a power cut.
 */
export async function startGcs(options: GcsOptions): Promise<SandboxGcs> {
  const { root, state, port = 0, buckets = [], log = () => {} } = options;
  mkdirSync(state, { recursive: true });
  const shelf = openShelf(root, state);
  const { catalogue, objects } = shelf;
  for (const bucket of buckets) if (!catalogue.bucket(bucket)) shelf.addBucket(bucket);

  const faults = createFaults();
  const requests = createRequestLog();
  const access = createAccess(() => url);
  const app = createApp({ shelf, faults, retryTests: createRetryTests(), requests, access, log });
  const server = await listen(app.fetch, port);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  log(`Cloud Storage sandbox on ${url}`);

  return {
    url,
    faults: faults.faults,
    access: access.access,
    requests: requests.log,
    objects: async (bucket) => Array.from(catalogue.from(bucket, ""), toStored),
    history: async (bucket) =>
      catalogue.history(bucket).map((object) => ({ ...toStored(object), endedAt: object.endedAt })),
    put: async (bucket, name, bytes, metadata = {}) =>
      toStored(objects.put(bucket, name, Buffer.from(bytes), { metadata })),
    openConnections: () => promisify(server.getConnections.bind(server))(),
    async close() {
      const closed = promisify(server.close.bind(server))();
      if ("closeAllConnections" in server) server.closeAllConnections();
      await closed;
      shelf.close();
    },
  };
}

/** An upload may take hours, so Node's limit on the time of a request is off. */
function listen(fetch: Parameters<typeof serve>[0]["fetch"], port: number): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        fetch,
        port,
        hostname: "127.0.0.1",
        overrideGlobalObjects: false,
        serverOptions: { requestTimeout: 0, keepAliveTimeout: 60_000 },
      },
      () => resolve(server),
    );
    server.once("error", reject);
  });
}

function toStored(object: Generation): StoredObject {
  const { name, generation, sizeBytes, crc32c, md5Hash, fields } = object;
  const { contentType, metadata = {} } = fields;
  return {
    name,
    crc32c,
    md5Hash,
    metadata,
    generation: String(generation),
    size: sizeBytes,
    contentType: contentType === undefined ? undefined : String(contentType),
  };
}
