import { readdirSync, readFileSync } from "node:fs";
import { join, posix, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");

/**
 * The house, from the cellar up. A module imports from floors below its own; those that share a
 * floor never import each other, since each of them must be readable, and replaceable, alone.
 */
const FLOORS: Record<string, number> = {
  "src/core": 1,
  "src/config.ts": 2,
  "src/log.ts": 2,
  "src/secrets.ts": 2,
  "src/metrics.ts": 2,
  "src/tracing.ts": 2,
  "src/printed.ts": 3,
  "src/db": 3,
  "src/box": 3,
  "src/lake": 3,
  "src/operations": 4,
  "src/http": 5,
  "src/jobs": 5,
  "src/service.ts": 6,
  "src/main.ts": 7,
};

interface Ban {
  /** What is imported: a path in the repository, or a package. */
  imported: RegExp;
  /** By whom. */
  by: RegExp;
  /** Those of them who may. */
  except?: RegExp;
  because: string;
}

const BANS: Ban[] = [
  {
    imported: /^(sandbox|bench|test)\//,
    by: /^src\//,
    because: "the service knows no sandbox: it is reached through base URLs alone",
  },
  {
    imported: /^src\//,
    by: /^sandbox\//,
    because: "a wrong belief about Box or GCS must not be on both sides",
  },
  {
    imported: /^sandbox\/gcs\//,
    by: /^sandbox\/box\//,
    because: "the two sandboxes are two services",
  },
  {
    imported: /^sandbox\/box\//,
    by: /^sandbox\/gcs\//,
    because: "the two sandboxes are two services",
  },
  { imported: /^(bench|test)\//, by: /^sandbox\//, because: "the sandbox is a product of its own" },
  {
    imported: /^(?!src\/core\/|picomatch$|hono\/utils\/mime$|node:crypto$|node:net$)/,
    by: /^src\/core\//,
    because: "core decides, and does no I/O: a hash, a table of media types and globs are enough",
  },
  {
    imported: /^box-(typescript-sdk-gen|node-sdk)/,
    by: /^src\//,
    except: /^src\/box\//,
    because: "what Box's SDK does wrong is known in one folder",
  },
  {
    imported: /^(@google-cloud\/|google-auth-library)/,
    by: /^src\//,
    except: /^src\/lake\//,
    because: "what Google's client does wrong is known in one folder",
  },
  {
    imported: /^(postgres$|pg$|drizzle-orm\/)/,
    by: /^src\//,
    except: /^src\/db\//,
    because: "connections, tables and migrations are the database's own matter",
  },
  {
    imported: /^drizzle-orm$/,
    by: /^src\//,
    except: /^src\/(db|operations|jobs|http)\//,
    because: "a query beside its use joins the caller's transaction; below there are none",
  },
  {
    imported: /^graphile-worker/,
    by: /^src\//,
    except: /^src\/(jobs\/|db\/migrate\.ts$)/,
    because: "others write jobs as rows (operations/enqueue.ts), whatever runs them",
  },
  {
    imported: /^(hono|@hono\/)/,
    by: /^src\//,
    except: /^src\/(http\/|service\.ts$|core\/content-type\.ts$)/,
    because: "only the web speaks HTTP to people",
  },
  {
    imported: /^pino/,
    by: /^src\//,
    except: /^src\/log\.ts$/,
    because: "every line passes the one place that leaves secrets out",
  },
  {
    imported: /^@prometheus-io\//,
    by: /^src\//,
    except: /^src\/metrics\.ts$/,
    because: "the figures are named in one place",
  },
  {
    imported: /^@opentelemetry\//,
    by: /^src\//,
    except: /^src\/tracing\.ts$/,
    because: "it is loaded only where spans are wanted: one module, imported when asked for",
  },
  {
    imported: /^node:child_process$/,
    by: /^src\//,
    because: "the service starts no other program",
  },
];

interface Module {
  path: string;
  imports: string[];
}

/** `src/db/open.ts` belongs to `src/db`, `src/log.ts` to itself. */
const roomOf = (path: string) => path.split("/").slice(0, 2).join("/");

function faultsOf({ path, imports }: Module): string[] {
  const room = roomOf(path);
  const floor = FLOORS[room];
  if (path.startsWith("src/") && floor === undefined) return [`${path}: ${room} has no floor`];
  return imports.flatMap((imported) => {
    const told = BANS.filter(
      (ban) => ban.imported.test(imported) && ban.by.test(path) && !ban.except?.test(path),
    ).map((ban) => `${path} imports ${imported}: ${ban.because}`);
    const below = FLOORS[roomOf(imported)];
    const climbs = floor !== undefined && below !== undefined && room !== roomOf(imported);
    if (climbs && below >= floor)
      told.push(`${path} imports ${imported}: it does not lie on a floor below`);
    return told;
  });
}

const STATEMENT = /^\s*(?:import|export)\s(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm;
const CALL = /\bimport\(\s*"([^"]+)"\s*\)/g;

/** What a module imports, static and dynamic, types too; paths as they lie in the repository. */
function importsOf(path: string, text: string): string[] {
  const named = [STATEMENT, CALL].flatMap((form) => [...text.matchAll(form)].map(([, to]) => to));
  return named.map((to = "") => (to.startsWith(".") ? posix.join(posix.dirname(path), to) : to));
}

function readModules(...folders: string[]): (Module & { lines: number })[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => {
        const path = `${folder}/${name}`;
        const text = readFileSync(join(ROOT, path), "utf8");
        return { path, imports: importsOf(path, text), lines: text.split("\n").length - 1 };
      }),
  );
}

describe("the house", () => {
  const modules = readModules("src", "sandbox", "bench");

  test("every module imports only what it may", () => {
    expect(modules.length).toBeGreaterThan(100);
    expect(modules.flatMap(faultsOf)).toEqual([]);
  });

  test("every floor is lived in", () => {
    const rooms = new Set(modules.map(({ path }) => roomOf(path)));
    expect(Object.keys(FLOORS).filter((room) => !rooms.has(room))).toEqual([]);
  });

  test("no file is longer than 300 lines", () => {
    const long = readModules("src", "sandbox", "bench", "test").filter(({ lines }) => lines > 300);
    expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  test("core asks neither clock, chance nor process", () => {
    const impure = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random|\brandom(UUID|Bytes)|\bprocess\./;
    const found = modules
      .filter(({ path }) => path.startsWith("src/core/"))
      .filter(({ path }) => impure.test(readFileSync(join(ROOT, path), "utf8")));
    expect(found.map(({ path }) => path)).toEqual([]);
  });
});

describe("a breach", () => {
  test.each([
    ["src/db/a.ts", "src/jobs/b.ts"],
    ["src/db/a.ts", "src/box/b.ts"],
    ["src/lake/a.ts", "src/db/b.ts"],
    ["src/http/a.ts", "src/jobs/b.ts"],
    ["src/jobs/a.ts", "src/http/b.ts"],
    ["src/operations/a.ts", "src/jobs/b.ts"],
    ["src/core/a.ts", "src/log.ts"],
    ["src/core/a.ts", "node:fs"],
    ["src/core/a.ts", "zod"],
    ["src/log.ts", "src/config.ts"],
    ["src/service.ts", "src/main.ts"],
    ["src/main.ts", "sandbox/box/start.ts"],
    ["src/db/a.ts", "test/support/database.ts"],
    ["sandbox/box/a.ts", "src/core/ids.ts"],
    ["sandbox/start.ts", "src/service.ts"],
    ["sandbox/gcs/a.ts", "sandbox/box/b.ts"],
    ["src/jobs/a.ts", "box-typescript-sdk-gen/managers"],
    ["src/jobs/a.ts", "@google-cloud/storage"],
    ["src/service.ts", "google-auth-library"],
    ["src/operations/a.ts", "graphile-worker"],
    ["src/db/a.ts", "graphile-worker"],
    ["src/jobs/a.ts", "postgres"],
    ["src/http/a.ts", "drizzle-orm/postgres-js"],
    ["src/service.ts", "drizzle-orm"],
    ["src/jobs/a.ts", "hono"],
    ["src/http/a.ts", "pino"],
    ["src/box/a.ts", "@opentelemetry/api"],
    ["src/box/a.ts", "node:child_process"],
  ])("is told: %s imports %s", (path, imported) => {
    expect(faultsOf({ path, imports: [imported] })).not.toEqual([]);
  });

  test.each([
    ["src/jobs/a.ts", "src/operations/b.ts"],
    ["src/http/pages/a.tsx", "src/http/deps.ts"],
    ["src/db/migrate.ts", "graphile-worker"],
    ["src/core/a.ts", "node:crypto"],
    ["src/box/a.ts", "src/log.ts"],
    ["sandbox/start.ts", "sandbox/box/start.ts"],
    ["bench/a.ts", "src/db/open.ts"],
  ])("is none: %s imports %s", (path, imported) => {
    expect(faultsOf({ path, imports: [imported] })).toEqual([]);
  });

  test("is told of a folder that has no floor", () => {
    expect(faultsOf({ path: "src/helpers/a.ts", imports: [] })).toHaveLength(1);
  });

  test("is found in every form of an import", () => {
    const text = [
      'import "./effects.ts";',
      'import type { A } from "../jobs/a.ts";',
      "import {",
      "  type B,",
      "  c,",
      '} from "postgres";',
      'export * from "./d.ts";',
      'export { e } from "../../sandbox/e.ts";',
      'const f = await import("../http/f.ts");',
      'const text = `not from "this"`;',
      'const other = "import nothing from here";',
    ].join("\n");
    expect(importsOf("src/db/x.ts", text).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      "postgres",
      "sandbox/e.ts",
      "src/db/d.ts",
      "src/db/effects.ts",
      "src/http/f.ts",
      "src/jobs/a.ts",
    ]);
  });
});
