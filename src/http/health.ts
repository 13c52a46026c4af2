import { Hono } from "hono";
import { pendingMigrations } from "../db/migrate.ts";
import { describeError } from "../log.ts";
import type { HttpDeps } from "./deps.ts";

/** A probe of the lake is a call to Google: readiness is asked for every few seconds. */
const PROBE_KEPT_MS = 30_000;
/** Below the waiting time of the load balancers that ask. */
const LONGEST_WAIT_MS = 3_000;

type Deps = Pick<HttpDeps, "db" | "lake" | "log">;

/**
 * `/healthz`: this process answers. `/readyz`: it could do its work: the database answers and has
 * every migration, and the lake lets us create; else 503. Both are open, so they name the parts and
 * say no more; the log has the reason.
 */
export function createHealth(deps: Deps): Hono {
  const health = new Hono();
  const probeLake = keepFor(PROBE_KEPT_MS, () => deps.lake.probe());

  health.get("/healthz", (c) => c.json({ status: "ok" }));

  health.get("/readyz", async (c) => {
    const pending = within(pendingMigrations(deps.db));
    const [database, migrations, lake] = await Promise.all([
      holds(deps, "database", pending),
      holds(
        deps,
        "migrations",
        pending.then(refuseAny, () => {}),
      ),
      holds(deps, "lake", within(probeLake())),
    ]);
    const ready = database && migrations && lake;
    const word = (ok: boolean) => (ok ? "ok" : "failing");
    const checks = {
      database: word(database),
      migrations: word(database && migrations),
      lake: word(lake),
    };
    return c.json({ status: ready ? "ready" : "not ready", checks }, ready ? 200 : 503);
  });
  return health;
}

function refuseAny(pending: number) {
  if (pending > 0) throw new Error(`the database lacks ${pending} migration(s)`);
}

async function holds({ log }: Deps, part: string, check: Promise<unknown>): Promise<boolean> {
  try {
    await check;
    return true;
  } catch (error) {
    log.warn({ part, err: describeError(error) }, `Not ready: ${part}`);
    return false;
  }
}

/** Remembers a success for so long; a failure is asked about again. Those who ask at once share. */
function keepFor(keptMs: number, ask: () => Promise<void>): () => Promise<void> {
  let asked: { answer: Promise<void>; until: number } | undefined;
  return () => {
    if (asked && Date.now() < asked.until) return asked.answer;
    const answer = ask();
    asked = { answer, until: Date.now() + keptMs };
    answer.catch(() => (asked = undefined));
    return answer;
  };
}

function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer in time")), LONGEST_WAIT_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
