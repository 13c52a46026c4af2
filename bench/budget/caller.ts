import { setTimeout } from "node:timers/promises";
import { type MeteredBox, openBox } from "../../src/box/open-client.ts";
import { Failure } from "../../src/core/failure.ts";
import { fileId } from "../../src/core/ids.ts";
import type { Turn } from "../../src/core/purse.ts";
import { openDatabase } from "../../src/db/open.ts";
import { createLog } from "../../src/log.ts";
import { createBudgets } from "../../src/operations/budgets.ts";
import { answerParent, type Calls } from "../processes.ts";

export interface CallerCalls extends Calls {
  /** Calls until stopped: backfills that call when answered, and news now and then. */
  begin(options: Options): void;
  /** How long the news took, waiting and answer, in ms; and the backfills' calls by source. */
  stop(): Promise<{ newsMs: number[]; bySource: Record<string, number> }>;
}

interface Options {
  boxUrl: string;
  /** Absent: no budget; whoever is refused waits as long as the answer says, and tries again. */
  databaseUrl?: string;
  callsPerMinute: number;
}

/** The callers of each backfill, as unequal as two sources of different size make them. */
const BACKFILLS = { large: 14, small: 2 };
const NEWS_EVERY_MS = 1_000;

const stopping = new AbortController();
const newsMs: number[] = [];
const bySource: Record<string, number> = {};
const running: Promise<void>[] = [];
let close = async () => {};

async function call(box: MeteredBox, meter: Parameters<MeteredBox>[0]): Promise<boolean> {
  try {
    await box(meter).file(fileId("1"), stopping.signal);
    return true;
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "throttled") return false;
    await setTimeout(error.retryAfterMs ?? 1000, undefined, { signal: stopping.signal }).catch(
      () => {},
    );
    return false;
  }
}

const calls: CallerCalls = {
  begin({ boxUrl, databaseUrl, callsPerMinute }) {
    const log = createLog("silent");
    const box = openBox({
      endpoints: { apiUrl: boxUrl, oauthUrl: boxUrl, downloadHosts: [] },
      credentials: { kind: "developerToken", token: "t" },
      log,
    });
    const database = databaseUrl === undefined ? undefined : openDatabase(databaseUrl, 4);
    const budgets = database && createBudgets({ db: database.db, log, callsPerMinute });
    const meter = (turn: Turn) => budgets?.meter("20000002", turn);
    close = async () => {
      await budgets?.close();
      await database?.close();
    };

    async function backfill(key: string) {
      while (!stopping.signal.aborted)
        if (await call(box, meter({ urgency: "backfill", key })))
          bySource[key] = (bySource[key] ?? 0) + 1;
    }
    async function news() {
      while (!stopping.signal.aborted) {
        await setTimeout(Math.random() * 2 * NEWS_EVERY_MS);
        const startedAt = performance.now();
        while (!(await call(box, meter({ urgency: "news", key: "news" }))))
          if (stopping.signal.aborted) return;
        newsMs.push(performance.now() - startedAt);
      }
    }
    for (const [key, callers] of Object.entries(BACKFILLS))
      for (let n = 0; n < callers; n++) running.push(backfill(key));
    running.push(news());
  },

  async stop() {
    stopping.abort();
    await Promise.all(running);
    await close();
    return { newsMs, bySource };
  },
};

answerParent(calls);
