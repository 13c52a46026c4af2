import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { is } from "drizzle-orm";
import { getTableConfig, PgDialect, PgTable } from "drizzle-orm/pg-core";
import { describe, expect, it } from "vitest";
import about from "../package.json" with { type: "json" };
import { ConfigError, parseConfig } from "../src/config.ts";
import * as schema from "../src/db/schema.ts";
import { createApp } from "../src/http/app.ts";
import type { HttpDeps } from "../src/http/deps.ts";
import type { JobDeps } from "../src/jobs/task.ts";
import { createTasks } from "../src/jobs/tasks.ts";
import { createMetrics } from "../src/metrics.ts";

const REPOSITORY = resolve(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(REPOSITORY, path), "utf8");

/** What is committed, and what would be. */
const FILES = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: REPOSITORY,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && existsSync(join(REPOSITORY, path)));
const DOCUMENTS = FILES.filter((path) => path.endsWith(".md"));

const allOf = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(([, found = ""]) => found);

/** Those of the words that stand nowhere in a document's code spans. */
function missingFrom(document: string, words: readonly string[]): string[] {
  const spans = allOf(read(document), /`([^`\n]+)`/g);
  const said = (word: string) => spans.some((span) => new RegExp(`${word}\\b`).test(span));
  return [...new Set(words)].filter((word) => !said(word));
}

/** Every variable that the program reads, noted while it reads them. */
function variables(): string[] {
  const names = new Set<string>();
  const note = (_: object, name: string | symbol) => void names.add(String(name));
  expect(() => parseConfig(new Proxy({}, { get: note }))).toThrow(ConfigError);
  return [...names];
}

describe("configuration", () => {
  it("is described variable by variable in .env.example and docs/operations.md", () => {
    expect(Object.keys(parseEnv(read(".env.example"))).sort()).toEqual(variables().sort());
    expect(missingFrom("docs/operations.md", variables())).toEqual([]);
  });

  it("is valid as .env.example has it, once what is required is filled in", () => {
    const config = parseConfig({
      ...parseEnv(read(".env.example")),
      DATABASE_URL: "postgres://longshore@localhost/longshore",
      LAKE_URL: "gs://lake",
      ADMIN_TOKEN: "x".repeat(32),
      SECRETS_KEY: Buffer.alloc(32).toString("base64"),
    });
    expect(config.box.downloadHosts).toEqual(["*.boxcloud.com", "*.box.com"]);
  });
});

describe("the glossary", () => {
  const tables = Object.values(schema)
    .filter((value) => is(value, PgTable))
    .map((table) => getTableConfig(table));

  it("names every table, and every state that a table's own constraint allows", () => {
    const constraints = tables.flatMap(({ checks }) => checks);
    const states = constraints
      .filter(({ name }) => /_(state|outcome)$/.test(name))
      .flatMap(({ value }) => allOf(new PgDialect().sqlToQuery(value).sql, /'(\w+)'/g));
    expect(states).toContain("needs_relogin");
    expect(missingFrom("docs/glossary.md", states)).toEqual([]);
    const names = tables.map(({ name }) => name);
    expect(missingFrom("docs/glossary.md", names)).toEqual([]);
  });

  it("names every task and every kind of failure", () => {
    const tasks = Object.keys(createTasks({} as JobDeps, () => {}));
    const union = /export type FailureKind =([^;]+);/.exec(read("src/core/failure.ts"))?.[1];
    const kinds = allOf(union ?? "", /"(\w+)"/g);
    expect(kinds).toContain("transient");
    expect(missingFrom("docs/glossary.md", [...tasks, ...kinds])).toEqual([]);
    expect(missingFrom("docs/operations.md", kinds)).toEqual([]);
  });
});

describe("operations", () => {
  const metrics = createMetrics();

  it("name every room of the API, of Box and of machines", () => {
    const app = createApp({ metrics, adminToken: "x".repeat(32) } as unknown as HttpDeps);
    const room = /^\/(?:api\/[^/]+|webhooks\/box|healthz|readyz|metrics)/;
    const rooms = app.routes.flatMap(({ method, path }) =>
      method === "ALL" ? [] : (room.exec(path) ?? []),
    );
    expect(rooms).toContain("/api/replays");
    expect(rooms).toContain("/webhooks/box");
    expect(missingFrom("docs/operations.md", rooms)).toEqual([]);
  });

  it("name every metric of ours", () => {
    const names = metrics.registry.getMetricsAsArray().map(({ name }) => name);
    const ours = names.filter((name) => name.startsWith("longshore_"));
    expect(ours).toContain("longshore_objects");
    expect(missingFrom("docs/operations.md", ours)).toEqual([]);
  });

  it("let deliveries and pages through whatever the lake says", () => {
    const [asked] = allOf(read("fly.toml"), /\[\[http_service\.checks\]\][^[]*path = "(.+)"/g);
    expect(asked).toBe("/healthz");
  });

  it("give a process longer to stop than it gives itself", () => {
    const [platform] = allOf(read("fly.toml"), /^kill_timeout = (\d+)$/gm);
    const [ours] = allOf(read("src/main.ts"), /STOP_WITHIN_MS = ([\d_]+)/g);
    expect(Number(platform) * 1000).toBeGreaterThan(Number(ours?.replaceAll("_", "")));
  });
});

/** As GitHub makes them out of headings. */
const anchorsOf = (path: string) =>
  allOf(readFileSync(path, "utf8"), /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, "")
      .replaceAll(" ", "-"),
  );

/** Whether a link has an end within the tree; those that leave it are not followed. */
function leads(document: string, link: string): boolean {
  if (/^https?:/.test(link)) return true;
  const [path = "", anchor] = link.split("#");
  const target = join(REPOSITORY, path === "" ? document : join(dirname(document), path));
  return existsSync(target) && (anchor === undefined || anchorsOf(target).includes(anchor));
}

describe("every document", () => {
  it.each(DOCUMENTS)("%s leads only where there is something", (document) => {
    const text = read(document);
    const links = allOf(text, /\]\(([^)\s]+)\)/g);
    expect(links.filter((link) => !leads(document, link))).toEqual([]);
    const named = allOf(text, /`([\w.-]+\/[\w./-]+\.(?:tsx?|toml|sql))`/g);
    const known = (path: string) => FILES.includes(path) || FILES.includes(`src/${path}`);
    expect(named.filter((path) => !known(path))).toEqual([]);
    const scripts = [/\bnpm run ([\w:]+)/g, /\bnpm (start|test)\b/g];
    for (const script of scripts.flatMap((pattern) => allOf(text, pattern)))
      expect(Object.keys(about.scripts)).toContain(script);
  });

  it("of the decisions is numbered, dated, and says how it is checked", () => {
    const decisions = DOCUMENTS.filter((path) => path.startsWith("docs/decisions/")).sort();
    for (const [index, path] of decisions.entries()) {
      const number = index + 1;
      expect(path).toContain(`/${String(number).padStart(4, "0")}-`);
      expect(read(path)).toMatch(new RegExp(`^# ${number}\\. .+\\n\\n\\d{4}-\\d{2}-\\d{2}\\n`));
      const parts = allOf(read(path), /^## (.+)$/gm);
      expect(parts, path).toEqual(["Context", "Decision", "Consequences", "Checked by"]);
    }
  });
});

describe("the tree", () => {
  it("names no machine's folders", () => {
    const tops = ["home", "Users", "root", "work"].join("|");
    const folder = new RegExp(`(^|[\\s"'\`(=])/(${tops})/\\w`, "m");
    const texts = FILES.filter((path) => !/\.(png|ico|pdf|woff2?)$/.test(path));
    expect(texts.filter((path) => folder.test(read(path)))).toEqual([]);
  });

  it("takes its packages from whatever registry npm is told to use", () => {
    const lock = JSON.parse(read("package-lock.json")) as { packages: Record<string, object> };
    const pinned = Object.keys(lock.packages).filter(
      (name) => "resolved" in (lock.packages[name] ?? {}),
    );
    expect(pinned).toEqual([]);
    expect(read(".npmrc")).not.toMatch(/registry *=|_auth/);
  });
});
