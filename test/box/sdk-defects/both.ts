import type { ServerResponse } from "node:http";
import { BoxCcgAuth, BoxClient, BoxDeveloperTokenAuth, CcgConfig } from "box-typescript-sdk-gen";
import { BaseUrls, BoxRetryStrategy, NetworkSession } from "box-typescript-sdk-gen/networking";
import { onTestFinished, vi } from "vitest";
import { openBoxClient } from "../../../src/box/open-client.ts";
import { createLog } from "../../../src/log.ts";
import { type Seen, startServer } from "../box-server.ts";

export type Reply = (request: Seen, response: ServerResponse) => void;

interface Asked {
  auth?: "developerToken" | "ccg";
  idleTimeoutMs?: number;
  downloadHosts?: string[];
}

const SUBJECT = { clientId: "c", clientSecret: "s" };

/**
 * One Box, asked by its SDK as it is installed and by ours. The SDK has its own network client, its
 * own retries (only their first wait is a thousandth, for the tests' sake) and a base URL.
 */
export async function startBoth(
  reply: Reply,
  {
    auth = "developerToken",
    idleTimeoutMs,
    downloadHosts = ["127.0.0.1", "localhost"],
  }: Asked = {},
) {
  const box = await startServer(reply);
  const baseUrls = new BaseUrls({ baseUrl: box.url, uploadUrl: box.url, oauth2Url: box.url });
  const retryStrategy = new BoxRetryStrategy({ retryBaseInterval: 0.001 });
  const waits = vi.spyOn(retryStrategy, "retryAfter");
  const sdk = new BoxClient({
    auth:
      auth === "ccg"
        ? new BoxCcgAuth({ config: new CcgConfig({ ...SUBJECT, userId: "1" }) })
        : new BoxDeveloperTokenAuth({ token: "token" }),
    networkSession: new NetworkSession({ baseUrls, retryStrategy }),
  });
  const ours = openBoxClient({
    endpoints: { apiUrl: box.url, oauthUrl: `${box.url}/oauth2`, downloadHosts },
    idleTimeoutMs,
    credentials:
      auth === "ccg"
        ? { kind: "ccg", ...SUBJECT, subject: "user", subjectId: "1" }
        : { kind: "developerToken", token: "token" },
    log: createLog("silent"),
  });
  return {
    sdk,
    ours,
    seen: box.seen,
    connections: box.connections,
    /** Seconds that the SDK waited before each of its repetitions. */
    sdkWaits: () => waits.mock.results.map(({ value }) => Number(value)),
  };
}

/** How it ended, or `pending` when it has not by now: what never ends cannot be awaited. */
export async function endOf(
  work: Promise<unknown>,
  afterMs = 300,
): Promise<"pending" | "ended" | "failed"> {
  const { promise: late, resolve } = Promise.withResolvers<"pending">();
  const timer = setTimeout(resolve, afterMs, "pending");
  onTestFinished(() => clearTimeout(timer));
  return Promise.race([
    work.then(
      () => "ended" as const,
      () => "failed" as const,
    ),
    late,
  ]);
}

/** What a call of the SDK threw, as far as its types go. */
export async function thrownBy(work: Promise<unknown>): Promise<Error & { responseInfo?: object }> {
  return work.then(
    () => {
      throw new Error("it did not throw");
    },
    (error: unknown) => error as Error,
  );
}
