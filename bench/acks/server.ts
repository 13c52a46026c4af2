import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import postgres from "postgres";
import { answerParent, type Calls } from "../processes.ts";
import { acceptNothing, acceptOneByOne, acceptTogether, createPlainDoor } from "./handlers.ts";

export interface ServerCalls extends Calls {
  /** Answers the port. */
  listen(options: { kind: PlainKind; databaseUrl: string; key: string }): Promise<number>;
}

export type PlainKind = keyof typeof KINDS;

const KINDS = { bare: () => acceptNothing, naive: acceptOneByOne, batched: acceptTogether };

const calls: ServerCalls = {
  listen({ kind, databaseUrl, key }) {
    // As many connections as ours has.
    const app = createPlainDoor(key, KINDS[kind](postgres(databaseUrl, { max: 10 })));
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
