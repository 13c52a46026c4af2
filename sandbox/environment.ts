import type { Keys } from "./home.ts";

export const BUCKET = "longshore-lake";
const PREFIX = "landed";

/** What a person may set for a run as for the service; the rest is the run's own to say. */
const HANDED_ON = [
  "LAKE_ALLOWED",
  "SWEEP_HOURS",
  "RETENTION_DAYS",
  "BOX_CALLS_PER_MINUTE",
  "LOG_LEVEL",
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
  "OTEL_EXPORTER_OTLP_HEADERS",
  "OTEL_SERVICE_NAME",
  "OTEL_RESOURCE_ATTRIBUTES",
  "OTEL_SDK_DISABLED",
];
/** With a real Box it may reach us, through a tunnel for instance. */
const HANDED_ON_WITH_REAL_BOX = ["PUBLIC_URL", "PUBLIC_URL_PREVIOUS"];

export type Env = Record<string, string>;

export interface Parts {
  port: number;
  keys: Keys;
  databaseUrl: string;
  gcsUrl: string;
  /** Undefined for a real Box. */
  box: { url: string; downloadHost: string } | undefined;
}

/** The service's environment: what the run's parts are, and what the person set of the rest. */
export function environment(parts: Parts, set: NodeJS.ProcessEnv): Env {
  const { port, keys, databaseUrl, gcsUrl, box } = parts;
  return {
    PATH: set["PATH"] ?? "",
    NODE_ENV: "production",
    DATABASE_URL: databaseUrl,
    LAKE_URL: `gs://${BUCKET}/${PREFIX}`,
    GCS_API_ENDPOINT: gcsUrl,
    ADMIN_TOKEN: keys.adminToken,
    SECRETS_KEY: keys.secretsKey,
    HOST: "127.0.0.1",
    PORT: String(port),
    ...(box && {
      BOX_API_URL: box.url,
      BOX_OAUTH_URL: `${box.url}/oauth2`,
      // The sandbox limits nobody, and nobody wants to wait for it.
      BOX_CALLS_PER_MINUTE: "60000",
      BOX_DOWNLOAD_HOSTS: box.downloadHost,
      PUBLIC_URL: `http://127.0.0.1:${port}`,
    }),
    ...chosen(set, box ? HANDED_ON : [...HANDED_ON, ...HANDED_ON_WITH_REAL_BOX]),
  };
}

/** An empty value counts as none. */
const chosen = (set: NodeJS.ProcessEnv, names: readonly string[]): Env =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = set[name];
      return value ? [[name, value]] : [];
    }),
  );

/** The lake's bucket and those of LAKE_ALLOWED: the local lake has every one that a source may name. */
export function bucketsOf({ LAKE_ALLOWED = "" }: NodeJS.ProcessEnv): string[] {
  const named = LAKE_ALLOWED.split(",").flatMap(
    (place) => /^\s*gs:\/\/([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])(\/|\s*$)/.exec(place)?.[1] ?? [],
  );
  return [...new Set([BUCKET, ...named])];
}
