import { serve } from "@hono/node-server";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve, sep } from "node:path";
import { createAppKey, type JwtConfig } from "./app-key.ts";
import { type Account, createAccount } from "./account.ts";
import { type Calls, createCalls } from "./calls.ts";
import { createContentHost } from "./content-host.ts";
import { createContentLinks } from "./content-links.ts";
import { openContent } from "./content.ts";
import { createCore } from "./core.ts";
import type { Attempt } from "./attempts.ts";
import { createDeliveries } from "./deliveries.ts";
import { followDisk } from "./disk/follow.ts";
import { createFaults, type Faults } from "./faults.ts";
import { createApp } from "./http/app.ts";
import { openState } from "./state.ts";
import { loseWebhooks } from "./webhook-loss.ts";
import { createTokens, type TokenRequest } from "./tokens.ts";

export interface BoxOptions {
  /** The account's "All Files": what lies here is in Box. */
  root: string;
  /** Where the sandbox keeps everything else; outside `root`. */
  state: string;
  /** Any free port unless said. The content host always takes one of its own. */
  port?: number;
  /** Notice what any program saves in `root`; true unless said. */
  watch?: boolean;
  /** How long a file must be unchanged before it counts as saved. */
  quietMs?: number;
  log?: (line: string) => void;
  /** The sandbox's clock, for tests of what expires. */
  now?: () => number;
}

export interface SandboxBox {
  /** API under `/2.0`, tokens at `/oauth2/token`, consent at `/api/oauth2/authorize`. */
  url: string;
  /** `127.0.0.1:PORT` of the content host. */
  downloadHost: string;
  /** Granted for the enterprise (the service account, which owns the tree) and for the user. */
  ccg: {
    clientId: string;
    clientSecret: string;
    enterpriseId: string;
    serviceUserId: string;
    userId: string;
  };
  /** For the JWT grant: what Box's console would let one download. */
  jwtConfig(): JwtConfig;
  /** A fresh token of the tree's owner, or of another user. */
  developerToken(userId?: string): string;
  /** What was asked of the token address, the newest last; `length = 0` forgets it. */
  tokenRequests: TokenRequest[];
  /** Ends every access token now, as its hour would. */
  expireAccessTokens(): void;
  /** Takes back what a user granted the application: their OAuth 2.0 logins end. */
  withdrawGrants(userId: string): void;
  signatureKeys: { primary: string; secondary: string };
  /** Removes every webhook as Box's own clean-up does, and tells their addresses. */
  loseWebhooks(): void;
  account: Account;
  faults: Faults;
  /** What was sent to webhooks, the newest last; `length = 0` forgets it. */
  deliveries: Attempt[];
  /** Resolves when no delivery is owed, no copy unfinished and no change on the disk waiting. */
  idle(): Promise<void>;
  calls: Calls;
  /** Stops, once; the next start on the same folders goes on with the same ids, positions and webhooks. */
  close(): Promise<void>;
}

/**
 * A Box of our own for people and tests, built from Box's published specification on two folders.
 * It listens on this machine only.
 */
export async function startBox(options: BoxOptions): Promise<SandboxBox> {
  const log = options.log ?? (() => {});
  const root = resolve(options.root);
  if (`${resolve(options.state)}${sep}`.startsWith(`${root}${sep}`))
    throw new Error("The sandbox's state must lie outside the account's root");
  await mkdir(root, { recursive: true });
  const state = openState(resolve(options.state));
  const content = await openContent(state.folder);
  const faults = createFaults();
  const calls = createCalls();
  const now = options.now ?? Date.now;

  const deliveries = createDeliveries({
    state,
    faults,
    now,
    log,
    webhooks: () => core.webhooks,
    keys: () => core.people.keys,
  });
  const core = createCore({
    root,
    state,
    content,
    now,
    wake: deliveries.wake,
    log,
    keptVersions: () => faults.settings.keptVersions,
    copying: () => faults.settings.copying,
    hasSession: () => !faults.settings.noActiveSession,
  });
  const tokens = createTokens(state, faults.settings, now);
  const appKey = createAppKey(state, core.people, now);
  const links = createContentLinks({
    state,
    now,
    origin: () => `http://${downloadHost}`,
    lifeMs: () => faults.settings.downloadLinkMs,
  });
  const contentHost = createContentHost({ content, links, faults, calls, now, log });
  const app = createApp({ core, tokens, appKey, faults, calls, links, log });

  const downloadHost = `127.0.0.1:${await listen(contentHost, 0)}`;
  const api = serve({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    hostname: "127.0.0.1",
    port: options.port ?? 0,
  }) as Server;
  const port = await listening(api);
  deliveries.wake();

  let closed = false;
  const disk =
    options.watch === false
      ? undefined
      : followDisk({ core, root, quietMs: options.quietMs ?? 300, log });
  const { clientId, clientSecret, enterpriseId, serviceUserId, userId, keys } = core.people;
  return {
    url: `http://127.0.0.1:${port}`,
    downloadHost,
    ccg: { clientId, clientSecret, enterpriseId, serviceUserId, userId },
    jwtConfig: appKey.config,
    developerToken: (id = serviceUserId) =>
      tokens.developer({ userId: id, subject: "user" }).access_token,
    tokenRequests: tokens.requests,
    expireAccessTokens: tokens.expireAccess,
    withdrawGrants: tokens.withdraw,
    signatureKeys: keys,
    loseWebhooks: () => loseWebhooks(core),
    account: createAccount(core),
    faults,
    deliveries: deliveries.attempts,
    async idle() {
      await disk?.settled();
      await core.settled();
      await deliveries.idle();
    },
    calls,
    async close() {
      if (closed) return;
      closed = true;
      await disk?.close();
      faults.settings.copying.pauseMs = 0;
      await core.settled();
      await deliveries.close();
      await Promise.all([api, contentHost].map(stop));
      await core.alone(async () => state.close());
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, "127.0.0.1");
  return listening(server);
}

async function listening(server: Server): Promise<number> {
  if (!server.listening) await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const stop = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
