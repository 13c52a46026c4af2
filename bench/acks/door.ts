import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { openDatabase } from "../../src/db/open.ts";
import { createWebhookDoor } from "../../src/http/webhooks.ts";
import { createLog } from "../../src/log.ts";
import { createMetrics } from "../../src/metrics.ts";
import { createSecrets } from "../../src/secrets.ts";
import { answerParent, type Calls } from "../processes.ts";

export interface DoorCalls extends Calls {
  listen(options: { databaseUrl: string; secretsKey: string }): Promise<number>;
}

const calls: DoorCalls = {
  listen({ databaseUrl, secretsKey }) {
    const { db } = openDatabase(databaseUrl);
    const secrets = createSecrets(Buffer.from(secretsKey, "base64"));
    const log = createLog("info");
    const app = new Hono().route(
      "/webhooks/box",
      createWebhookDoor({ db, secrets, log, metrics: createMetrics(), prefix: "landed" }),
    );
    return new Promise((resolve) => {
      const server = serve(
        {
          fetch: app.fetch,
          hostname: "127.0.0.1",
          port: 0,
          overrideGlobalObjects: false,
          createServer,
        },
        () => resolve((server.address() as AddressInfo).port),
      );
    });
  },
};

answerParent(calls);
