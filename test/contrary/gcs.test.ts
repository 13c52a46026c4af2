import { Storage } from "@google-cloud/storage";
import { describe } from "vitest";
import { openGcsStore } from "../../src/lake/gcs-store.ts";
import { createLog } from "../../src/log.ts";
import { CHUNK, lakeContract } from "../contracts/lake.ts";
import { startContraryGcs } from "./gcs.ts";

const BUCKET = "longshore-lake";

describe.each(["terse", "lavish"] as const)("Cloud Storage, %s", (manner) => {
  lakeContract(`a ${manner} Cloud Storage`, async () => {
    const gcs = await startContraryGcs(manner, [BUCKET]);
    const witness = new Storage({
      apiEndpoint: gcs.url,
      projectId: "other",
      useAuthWithCustomEndpoint: false,
    });
    return {
      store: openGcsStore({
        bucket: BUCKET,
        prefix: "box",
        apiEndpoint: gcs.url,
        credentials: undefined,
        log: createLog("silent"),
        chunkBytes: CHUNK,
        waitsMs: [5, 5, 5],
      }),
      bucket: witness.bucket(BUCKET),
      prefix: "box/",
      read: async (name) => gcs.objects.get(`${BUCKET}/${name}`)?.bytes ?? Buffer.alloc(0),
      close: gcs.close,
    };
  });
});
