import { isLoopback, type LakeUrl, parseLakeUrl, readUrl } from "./core/addresses.ts";

export type Role = "web" | "worker";

export interface Config {
  databaseUrl: string;
  lake: LakeUrl & {
    /** Further places that a source may keep its objects in. */
    allowed: LakeUrl[];
    apiEndpoint: string;
    credentials: GoogleCredentials | undefined;
  };
  box: {
    apiUrl: string;
    oauthUrl: string;
    downloadHosts: string[];
    /** Of a Box user whose budget is not set. */
    callsPerMinute: number;
  };
  /** Where Box and people reach us; without it accounts are polled only. No slash at the end. */
  publicUrl: string | undefined;
  /** Where they reached us before the installation moved: webhooks that lead there are ours. */
  previousPublicUrl: string | undefined;
  adminToken: string;
  /** Seals the secrets in the database. */
  secretsKey: Uint8Array;
  /** Opens what was sealed before the key was replaced, until `rotate-keys` has run. */
  previousSecretsKey: Uint8Array | undefined;
  /** A source is compared in full with Box so often. */
  sweepEveryMs: number;
  /** For how long deliveries, events and walks that signals asked for are kept. */
  retentionDays: number;
  host: string;
  port: number;
  /** Where a process that is a worker alone answers machines; undefined: nowhere. */
  workerPort: number | undefined;
  logLevel: LogLevel;
  /** Where spans go; undefined for nowhere. */
  tracesUrl: string | undefined;
}

/** A service account's key file as Google hands it out. */
export type GoogleCredentials = { client_email: string; private_key: string } & Record<
  string,
  unknown
>;

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Every fault of the environment at once, a line each, naming the variable and the cure. */
export class ConfigError extends Error {
  readonly faults: string[];

  constructor(faults: string[]) {
    super(
      `The configuration has ${faults.length} fault(s):\n${faults.map((f) => `  ${f}`).join("\n")}`,
    );
    this.name = "ConfigError";
    this.faults = faults;
  }
}

type Env = Record<string, string | undefined>;

/**
 * The environment as one plain value; throws a ConfigError with every fault. Values that are
 * secret never stand in a fault. `docs/operations.md` describes each variable.
 */
export function parseConfig(env: Env): Config {
  const faults: string[] = [];
  const check = reader(env, faults);
  const apiUrl = check.url("BOX_API_URL", BOX_API).replace(/\/2\.0$/, "");

  const config: Config = {
    databaseUrl: check.databaseUrl(),
    lake: {
      ...check.required("LAKE_URL", parseLakeUrl, { bucket: "", prefix: "" }),
      allowed: check.optional("LAKE_ALLOWED", parsePlaces) ?? [],
      apiEndpoint: check.url("GCS_API_ENDPOINT", "https://storage.googleapis.com"),
      credentials: check.optional("GCS_CREDENTIALS", parseCredentials),
    },
    box: {
      apiUrl,
      oauthUrl: oauthBase(check.url("BOX_OAUTH_URL", "https://api.box.com/oauth2")),
      downloadHosts: [
        ...(check.optional("BOX_DOWNLOAD_HOSTS", parseHosts) ?? BOX_DOWNLOAD_HOSTS),
        ...hostsOfApi(apiUrl),
      ],
      callsPerMinute: check.optional("BOX_CALLS_PER_MINUTE", parseCalls) ?? BOX_CALLS_PER_MINUTE,
    },
    publicUrl: check.optional("PUBLIC_URL", readUrl),
    previousPublicUrl: check.optional("PUBLIC_URL_PREVIOUS", readUrl),
    adminToken: check.required("ADMIN_TOKEN", parseAdminToken, ""),
    secretsKey: check.required("SECRETS_KEY", parseKey, new Uint8Array()),
    previousSecretsKey: check.optional("SECRETS_KEY_PREVIOUS", parseKey),
    sweepEveryMs: (check.optional("SWEEP_HOURS", parseHours) ?? 24) * 60 * 60 * 1000,
    retentionDays: check.optional("RETENTION_DAYS", parseDays) ?? 30,
    host: env["HOST"] || "0.0.0.0",
    port: check.optional("PORT", parsePort) ?? 8080,
    workerPort: check.optional("WORKER_PORT", parsePort),
    logLevel: check.optional("LOG_LEVEL", parseLogLevel) ?? "info",
    tracesUrl: tracesUrl(check, env["OTEL_SDK_DISABLED"]),
  };
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

/** The master keys, the newest first, as `createSecrets` takes them. */
export function secretsKeys(
  config: Pick<Config, "secretsKey" | "previousSecretsKey">,
): [Uint8Array, ...Uint8Array[]] {
  const { secretsKey, previousSecretsKey } = config;
  return previousSecretsKey ? [secretsKey, previousSecretsKey] : [secretsKey];
}

/** What `migrate` needs: the database alone. */
export function parseDatabaseUrl(env: Env): string {
  const faults: string[] = [];
  const url = reader(env, faults).databaseUrl();
  if (faults.length > 0) throw new ConfigError(faults);
  return url;
}

/** Box can deliver to us: over https, or because both of us are on this machine. */
export function canReceiveWebhooks(config: Pick<Config, "publicUrl" | "box">): boolean {
  if (config.publicUrl === undefined) return false;
  const url = new URL(config.publicUrl);
  return url.protocol === "https:" || (isLoopback(url) && isLoopback(new URL(config.box.apiUrl)));
}

const BOX_API = "https://api.box.com";

/** Another Box, an emulator as a rule, may have its content where it is itself; on this machine, at any port. */
function hostsOfApi(apiUrl: string): string[] {
  const url = new URL(apiUrl);
  if (url.origin === BOX_API) return [];
  return isLoopback(url) ? [...new Set([url.hostname, "localhost", "127.0.0.1"])] : [url.host];
}

/** Where Box's content redirects lead: its firewall article and the download guide name these. */
const BOX_DOWNLOAD_HOSTS = ["*.boxcloud.com", "*.box.com"];

/**
 * Of the about 1,000 that Box allows a user in a minute. The tenth is for what is not counted: requests for
 * tokens, and what people and other programs do as the same user.
 */
const BOX_CALLS_PER_MINUTE = 900;

/** Accepts the origin, the base and the token address itself: documentation shows all three. */
function oauthBase(url: string) {
  const base = url.replace(/\/token$/, "");
  return base && new URL(base).pathname === "/" ? `${base}/oauth2` : base;
}

function reader(env: Env, faults: string[]) {
  function attempt<T>(name: string, text: string, parse: (text: string) => T): T | undefined {
    try {
      return parse(text);
    } catch (error) {
      faults.push(`${name} ${(error as Error).message}`);
      return undefined;
    }
  }
  const optional = <T>(name: string, parse: (text: string) => T) => {
    const text = env[name]?.trim();
    return text ? attempt(name, text, parse) : undefined;
  };
  const required = <T>(name: string, parse: (text: string) => T, otherwise: T) => {
    const text = env[name]?.trim();
    if (!text) faults.push(`${name} is missing: ${MISSING[name]}`);
    return text ? (attempt(name, text, parse) ?? otherwise) : otherwise;
  };
  const url = (name: string, otherwise: string) => optional(name, readUrl) ?? otherwise;
  const databaseUrl = () => required("DATABASE_URL", parsePostgresUrl, "");
  return { optional, required, url, databaseUrl };
}

/** OpenTelemetry's own variables, as https://opentelemetry.io/docs/specs/otel/protocol/exporter/ has them. */
function tracesUrl({ optional }: ReturnType<typeof reader>, disabled: string | undefined) {
  const base = optional("OTEL_EXPORTER_OTLP_ENDPOINT", parseCollector);
  const whole = optional("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", parseCollector);
  if (disabled?.trim().toLowerCase() === "true") return undefined;
  return whole ?? (base && `${base.replace(/\/$/, "")}/v1/traces`);
}

const MISSING: Record<string, string> = {
  DATABASE_URL: "set it to postgres://host/database, with user:password@ before the host",
  LAKE_URL: "set it to gs://bucket/prefix",
  ADMIN_TOKEN: "set it to at least 32 random characters (openssl rand -hex 32)",
  SECRETS_KEY: "set it to 32 random bytes in base64 (openssl rand -base64 32)",
};

function parsePostgresUrl(text: string) {
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text))
    throw new Error("is not a postgres:// address");
  return text;
}

/** A collector stands beside the service as a rule, so plain http will do. */
function parseCollector(text: string) {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new Error("is not an http:// or https:// address of a collector");
  return text;
}

function parseAdminToken(text: string) {
  if (text.length < 32) throw new Error("is shorter than 32 characters (openssl rand -hex 32)");
  return text;
}

function parseKey(text: string) {
  const key = Buffer.from(text, "base64");
  if (key.length !== 32 || !/^[A-Za-z0-9+/_-]+=*$/.test(text))
    throw new Error("is not 32 bytes in base64 (openssl rand -base64 32)");
  return key;
}

function parsePlaces(text: string): LakeUrl[] {
  return text.split(",").map((place) => {
    try {
      return parseLakeUrl(place.trim());
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`holds "${place.trim()}", which ${message}`, { cause: error });
    }
  });
}

function parsePort(text: string) {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new Error("is not a port number (0 to 65535)");
  return port;
}

function parseCalls(text: string) {
  const calls = Number(text);
  if (!Number.isInteger(calls) || calls < 60 || calls > 1_000_000)
    throw new Error("is not a number of calls (60 to 1000000)");
  return calls;
}

function parseHours(text: string) {
  const hours = Number(text);
  if (!Number.isInteger(hours) || hours < 1 || hours > 8760)
    throw new Error("is not a number of hours (1 to 8760)");
  return hours;
}

function parseDays(text: string) {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1 || days > 3650)
    throw new Error("is not a number of days (1 to 3650)");
  return days;
}

function parseLogLevel(text: string) {
  const level = LOG_LEVELS.find((known) => known === text);
  if (level === undefined) throw new Error(`is not one of ${LOG_LEVELS.join(", ")}`);
  return level;
}

function parseHosts(text: string) {
  const hosts = text.split(",").map((host) => host.trim().toLowerCase());
  const bad = hosts.find((host) => !/^(\*\.)?[a-z0-9.-]+(:\d+)?$/.test(host) || host === "");
  if (bad !== undefined)
    throw new Error(`holds "${bad}": expected host names divided by commas, as in *.boxcloud.com`);
  return hosts;
}

function parseCredentials(text: string): GoogleCredentials {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("is not JSON: paste the whole key file of the service account");
  }
  const found = value as Partial<GoogleCredentials> | null;
  if (typeof found?.client_email !== "string" || typeof found.private_key !== "string")
    throw new Error("has no client_email and private_key: paste the key file of a service account");
  return found as GoogleCredentials;
}
