import type { Consent } from "../box/auth-consent.ts";
import type { LakeUrl } from "../core/addresses.ts";
import type { Database } from "../db/open.ts";
import type { LakeStore } from "../lake/store.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { BoxClients } from "../operations/box-clients.ts";
import type { Secrets } from "../secrets.ts";

/** What the web is made of; each route names the part that it uses. */
export interface HttpDeps {
  db: Database;
  boxes: BoxClients;
  /** The part of OAuth 2.0 that a person takes part in. */
  consent: Consent;
  lake: LakeStore;
  secrets: Secrets;
  metrics: Metrics;
  log: Log;
  adminToken: string;
  /** Of a Box user whose budget is not set. */
  callsPerMinute: number;
  /** The part of every object name that the lake's address gives. */
  prefix: string;
  /** Where sources may keep their objects, the lake's own place first. */
  places: readonly [LakeUrl, ...LakeUrl[]];
  /** `PUBLIC_URL`: the origin that people's browsers show; undefined when none is set. */
  publicUrl: string | undefined;
  /** Where Box can reach us; undefined when it cannot. */
  webhookBase: string | undefined;
  /** Where it could before we moved: webhooks that lead there are ours. */
  formerWebhookBase?: string | undefined;
}
