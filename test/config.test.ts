import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { canReceiveWebhooks, ConfigError, parseConfig, parseDatabaseUrl } from "../src/config.ts";
import { scrub } from "../src/log.ts";
import { isLoopback, parseLakeUrl, readUrl } from "../src/core/addresses.ts";

const KEY = randomBytes(32);
const ENV = {
  DATABASE_URL: "postgres://longshore:secret@db.example/longshore",
  LAKE_URL: "gs://lake/landed",
  ADMIN_TOKEN: "t".repeat(32),
  SECRETS_KEY: KEY.toString("base64"),
};
const CREDENTIALS = { client_email: "sa@example.com", private_key: "canary-key", type: "x" };

function faultsOf(env: Record<string, string | undefined>): string[] {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe("the configuration", () => {
  test("needs four variables and knows the rest", () => {
    expect(parseConfig(ENV)).toMatchObject({
      databaseUrl: ENV.DATABASE_URL,
      lake: {
        bucket: "lake",
        prefix: "landed",
        allowed: [],
        apiEndpoint: "https://storage.googleapis.com",
        credentials: undefined,
      },
      box: {
        apiUrl: "https://api.box.com",
        oauthUrl: "https://api.box.com/oauth2",
        downloadHosts: ["*.boxcloud.com", "*.box.com"],
        callsPerMinute: 900,
      },
      publicUrl: undefined,
      adminToken: ENV.ADMIN_TOKEN,
      secretsKey: KEY,
      previousSecretsKey: undefined,
      sweepEveryMs: 86_400_000,
      retentionDays: 30,
      host: "0.0.0.0",
      port: 8080,
      workerPort: undefined,
      logLevel: "info",
    });
  });

  test("takes every variable as it is set", () => {
    const config = parseConfig({
      ...ENV,
      LAKE_ALLOWED: "gs://archive/team/a/, gs://other",
      GCS_API_ENDPOINT: "http://127.0.0.1:4443/",
      GCS_CREDENTIALS: JSON.stringify(CREDENTIALS),
      BOX_API_URL: "https://box.example/2.0/",
      BOX_OAUTH_URL: "https://box.example/oauth2",
      BOX_DOWNLOAD_HOSTS: "*.Box.example, dl.example:8443",
      BOX_CALLS_PER_MINUTE: "1000",
      SWEEP_HOURS: "6",
      RETENTION_DAYS: "90",
      PUBLIC_URL: "https://longshore.example/base/",
      HOST: "127.0.0.1",
      PORT: "0",
      WORKER_PORT: "9090",
      LOG_LEVEL: "debug",
    });
    expect(config).toMatchObject({
      lake: {
        allowed: [
          { bucket: "archive", prefix: "team/a" },
          { bucket: "other", prefix: "" },
        ],
        apiEndpoint: "http://127.0.0.1:4443",
        credentials: CREDENTIALS,
      },
      box: {
        apiUrl: "https://box.example",
        oauthUrl: "https://box.example/oauth2",
        downloadHosts: ["*.box.example", "dl.example:8443", "box.example"],
        callsPerMinute: 1000,
      },
      publicUrl: "https://longshore.example/base",
      sweepEveryMs: 21_600_000,
      retentionDays: 90,
      host: "127.0.0.1",
      port: 0,
      workerPort: 9090,
      logLevel: "debug",
    });
  });

  test("lets a Box on this machine have its content on any port of it", () => {
    const { box } = parseConfig({ ...ENV, BOX_API_URL: "http://localhost:4000" });
    expect(box.downloadHosts).toEqual(["*.boxcloud.com", "*.box.com", "localhost", "127.0.0.1"]);
  });

  test.each([
    [{}, undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" }, "http://collector:4318/v1/traces"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "https://o.example/x/" }, "https://o.example/x/v1/traces"],
    [
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318",
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://traces/all",
      },
      "http://traces/all",
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318", OTEL_SDK_DISABLED: "TRUE" },
      undefined,
    ],
  ])("finds a collector in %j", (env, tracesUrl) => {
    expect(parseConfig({ ...ENV, ...env }).tracesUrl).toBe(tracesUrl);
  });

  test("takes a variable that is empty or blank for one that is not set", () => {
    const blank = { PUBLIC_URL: "", PORT: " ", LOG_LEVEL: "", HOST: "", GCS_CREDENTIALS: " " };
    expect(parseConfig({ ...ENV, ...blank })).toEqual(parseConfig(ENV));
  });

  test.each([
    ["https://api.box.com", "https://api.box.com/oauth2"],
    ["https://api.box.com/", "https://api.box.com/oauth2"],
    ["https://api.box.com/oauth2", "https://api.box.com/oauth2"],
    ["https://api.box.com/oauth2/token", "https://api.box.com/oauth2"],
    ["https://proxy.example/box/oauth2/token", "https://proxy.example/box/oauth2"],
  ])("takes %s for the base under which tokens are had", (given, base) => {
    expect(parseConfig({ ...ENV, BOX_OAUTH_URL: given }).box.oauthUrl).toBe(base);
  });

  test("names every fault at once, with its variable", () => {
    const faults = faultsOf({
      LAKE_URL: "s3://lake",
      LAKE_ALLOWED: "gs://archive,archive/team",
      ADMIN_TOKEN: "short",
      SECRETS_KEY: "c2hvcnQ=",
      BOX_API_URL: "http://box.example",
      BOX_OAUTH_URL: "nowhere",
      BOX_DOWNLOAD_HOSTS: "https://box.example",
      BOX_CALLS_PER_MINUTE: "59",
      GCS_API_ENDPOINT: "ftp://gcs",
      GCS_CREDENTIALS: "{}",
      PUBLIC_URL: "https://x.example/?query",
      PORT: "65536",
      LOG_LEVEL: "loud",
      OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318",
    });
    expect(new Set(faults.map((fault) => fault.split(" ")[0]))).toEqual(
      new Set([
        "ADMIN_TOKEN",
        "BOX_API_URL",
        "BOX_CALLS_PER_MINUTE",
        "BOX_DOWNLOAD_HOSTS",
        "BOX_OAUTH_URL",
        "DATABASE_URL",
        "GCS_API_ENDPOINT",
        "GCS_CREDENTIALS",
        "LAKE_ALLOWED",
        "LAKE_URL",
        "LOG_LEVEL",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "PORT",
        "PUBLIC_URL",
        "SECRETS_KEY",
      ]),
    );
  });

  test("tells what is missing and what it would look like", () => {
    expect(faultsOf({})).toHaveLength(4);
    for (const fault of faultsOf({})) expect(fault).toMatch(/is missing: set it to /);
    // As the terminal shows them.
    expect(faultsOf({}).map(scrub)).toEqual(faultsOf({}));
  });

  test("never says a secret value", () => {
    const canary = "canary-7f3a";
    const told = [
      { DATABASE_URL: `mysql://user:${canary}@db` },
      { ADMIN_TOKEN: canary },
      { SECRETS_KEY: canary },
      { GCS_CREDENTIALS: `{"private_key":"${canary}"` },
      { GCS_CREDENTIALS: `{"private_key":"${canary}"}` },
      { PUBLIC_URL: `https://user:${canary}@x.example` },
      { BOX_API_URL: `https://x.example/?token=${canary}` },
    ].map((bad) => faultsOf({ ...ENV, ...bad }));
    for (const faults of told) expect(faults).toHaveLength(1);
    expect(JSON.stringify(told)).not.toContain(canary);
  });

  test.each([["65536"], ["-1"], ["80.5"], ["http"]])("refuses the port %s", (port) => {
    expect(faultsOf({ ...ENV, PORT: port })).toEqual([expect.stringMatching(/^PORT /)]);
  });

  test.each([
    ["31 bytes", randomBytes(31).toString("base64")],
    ["33 bytes", randomBytes(33).toString("base64")],
    ["hexadecimal", randomBytes(32).toString("hex")],
    ["noise", "!".repeat(44)],
  ])("refuses a key of %s", (_name, key) => {
    expect(faultsOf({ ...ENV, SECRETS_KEY: key })).toHaveLength(1);
  });

  test.each([["null"], ["[]"], ['"text"'], ['{"client_email":1,"private_key":2}']])(
    "refuses the credentials %s",
    (text) => {
      expect(faultsOf({ ...ENV, GCS_CREDENTIALS: text })).toHaveLength(1);
    },
  );
});

test("migrating needs the database alone", () => {
  expect(parseDatabaseUrl({ DATABASE_URL: ENV.DATABASE_URL })).toBe(ENV.DATABASE_URL);
  expect(() => parseDatabaseUrl({})).toThrow(ConfigError);
  expect(() => parseDatabaseUrl({ DATABASE_URL: "postgres//typo" })).toThrow(/DATABASE_URL/);
});

test.each([
  [undefined, "https://api.box.com", false],
  ["https://longshore.example", "https://api.box.com", true],
  ["http://localhost:8080", "https://api.box.com", false],
  ["http://localhost:8080", "http://127.0.0.1:9000", true],
])("Box at %s2 can deliver to %s: %s", (publicUrl, apiUrl, expected) => {
  const box = { apiUrl, oauthUrl: "", downloadHosts: [], callsPerMinute: 900 };
  expect(canReceiveWebhooks({ publicUrl, box })).toBe(expected);
});

describe("addresses", () => {
  test.each([
    ["http://localhost", true],
    ["http://lab.localhost:80", true],
    ["http://127.0.0.1", true],
    ["http://127.9.9.9", true],
    ["http://[::1]:80", true],
    ["http://127.0.0.1.evil.example", false],
    ["http://localhost.evil.example", false],
    ["http://128.0.0.1", false],
    ["http://10.0.0.1", false],
    ["http://[::2]", false],
    ["http://2130706433", true],
  ])("%s never leaves this machine: %s", (url, expected) => {
    expect(isLoopback(new URL(url))).toBe(expected);
  });

  test.each([
    ["https://host/a/b//", "https://host/a/b"],
    ["https://HOST", "https://host"],
    ["http://localhost:80/", "http://localhost"],
  ])("%s is read as %s", (text, expected) => {
    expect(readUrl(text)).toBe(expected);
  });

  test.each([
    ["http://host"],
    ["ftp://host"],
    ["host"],
    ["https://user@host"],
    ["https://:pass@host"],
    ["https://host?query"],
    ["https://host#part"],
    ["file:///etc"],
  ])("%s is refused", (text) => {
    expect(() => readUrl(text)).toThrow();
  });

  test.each([
    ["gs://lake", { bucket: "lake", prefix: "" }],
    ["gs://lake/", { bucket: "lake", prefix: "" }],
    ["gs://lake//a/b/", { bucket: "lake", prefix: "a/b" }],
    ["gs://my-lake.example.com/ä", { bucket: "my-lake.example.com", prefix: "ä" }],
  ])("%s is the lake %j", (text, expected) => {
    expect(parseLakeUrl(text)).toEqual(expected);
  });

  test.each([
    ["lake"],
    ["s3://lake"],
    ["gs://"],
    ["gs://La ke"],
    ["gs://ab"],
    ["gs://lake/a//b"],
    ["gs://lake/../b"],
    ["gs://lake/."],
    ["gs://lake/a#b"],
    ["gs://lake/a?b"],
    ["gs://lake/a*"],
    ["gs://lake/a\nb"],
    [`gs://lake/${"é".repeat(101)}`],
  ])("%j is no lake", (text) => {
    expect(() => parseLakeUrl(text)).toThrow();
  });
});
