import { setTimeout } from "node:timers/promises";
import { migrateDatabase } from "../src/db/migrate.ts";
import type { Benchmark, Report, Run } from "./benchmark.ts";
import type { CallerCalls } from "./budget/caller.ts";
import type { LimitedBoxCalls } from "./budget/limited-box.ts";
import { type BenchPostgres, openPostgres } from "./postgres.ts";
import { startChild } from "./processes.ts";
import { percentile, rounded, roundedSpread, spreadOf } from "./stats.ts";
import { formatSpread, formatTable } from "./table.ts";

/** What Box allows a user, and over which time. */
const LIMIT = 1000;
const WINDOW_MS = 60_000;
const PROCESSES = 4;
/** Of the limit that callers who always have work must get out of it. */
const AIM = 0.95;
/** A refusal for two hundred calls is an accident; more are callers that do not listen. */
const STORM = 1 / 200;
/** The calls saved up while nobody called are spent by then; they would flatter the figure. */
const WARM_UP_MS = 5_000;

const SUBJECTS = {
  ours: "Longshore's budget, shared through PostgreSQL",
  naive: "baseline: no budget, each waits when refused",
} as const;
type Subject = keyof typeof SUBJECTS;

interface Measured {
  /** Calls that Box answered, scaled to a minute. */
  perMinute: number;
  /** The most that came within any minute, refused ones included. */
  most: number;
  refused: number;
  newsP50: number;
  newsP99: number;
  /** Of the backfills' calls, those of the source with a seventh of the other's callers. */
  smallShare: number;
  /** Commits for every call. */
  commits: number;
}

export const budget: Benchmark = {
  about: "calls of four processes under Box's limit: how many get through, how many are refused",
  run,
};

async function run(run: Run): Promise<Report> {
  const server = await openPostgres(run);
  await migrateDatabase(await server.create("seed"));
  const names = Object.keys(SUBJECTS) as Subject[];
  const measured = new Map<Subject, Measured[]>(names.map((name) => [name, []]));
  for (let round = 1; round <= run.rounds; round++)
    for (const subject of names) {
      const one = await measure(run, server, subject, round);
      measured.get(subject)?.push(one);
      const { perMinute, refused, most } = one;
      run.say(
        `round ${round}: ${subject} ${Math.round(perMinute)} calls/min, ${refused} refused, at most ${most} in any minute`,
      );
    }
  return conclude(run, measured);
}

async function measure(run: Run, server: BenchPostgres, subject: Subject, round: number) {
  const database = `${subject}_${round}`;
  const databaseUrl = await server.clone("seed", database);
  const box = await startChild<LimitedBoxCalls>(
    new URL("./budget/limited-box.ts", import.meta.url),
  );
  run.defer(box.stop);
  const boxUrl = await box.call("start", { limit: LIMIT, windowMs: WINDOW_MS });
  const callers = await Promise.all(
    Array.from({ length: PROCESSES }, () =>
      startChild<CallerCalls>(new URL("./budget/caller.ts", import.meta.url)),
    ),
  );
  for (const caller of callers) run.defer(caller.stop);
  const options = { boxUrl, callsPerMinute: LIMIT };
  for (const caller of callers)
    await caller.call("begin", subject === "ours" ? { ...options, databaseUrl } : options);

  await setTimeout(WARM_UP_MS);
  const early = await box.call("tally", undefined);
  const commitsBefore = await server.commits(database);
  const startedAt = performance.now();
  await setTimeout(run.quick ? 15_000 : 2 * WINDOW_MS);
  const { admitted, refused, most } = await box.call("tally", undefined);
  const minutes = (performance.now() - startedAt) / 60_000;
  const commits = (await server.commits(database)) - commitsBefore;

  const done = await Promise.all(callers.map((caller) => caller.call("stop", undefined)));
  for (const caller of callers) await caller.stop();
  await box.stop();
  await server.drop(database);
  const news = done.flatMap(({ newsMs }) => newsMs);
  const of = (key: string) => done.reduce((sum, { bySource }) => sum + (bySource[key] ?? 0), 0);
  return {
    perMinute: admitted / minutes,
    most,
    refused: refused + early.refused,
    newsP50: percentile(news, 50),
    newsP99: percentile(news, 99),
    smallShare: of("small") / (of("small") + of("large")),
    commits: commits / admitted,
  } satisfies Measured;
}

function conclude(run: Run, measured: Map<Subject, Measured[]>): Report {
  const spread = (subject: Subject, field: keyof Measured) =>
    spreadOf((measured.get(subject) ?? []).map((one) => one[field]));
  const fields = ["perMinute", "most", "refused", "newsP50", "newsP99", "smallShare"] as const;
  const names = Object.keys(SUBJECTS) as Subject[];
  run.say(
    `\n${PROCESSES} processes, 16 callers of two backfills and some news each; Box refuses beyond ${LIMIT} calls in any ${WINDOW_MS / 1000} s`,
  );
  run.say(
    formatTable(
      [
        "",
        "calls/min",
        "most in a minute",
        "refused",
        "news p50 ms",
        "news p99 ms",
        "small source's share",
      ],
      names.map((name) => [
        SUBJECTS[name],
        ...fields.map((field) => formatSpread(spread(name, field))),
      ]),
    ),
  );

  const faults: string[] = [];
  for (const [index, one] of (measured.get("ours") ?? []).entries()) {
    const { perMinute, most, refused } = one;
    const where = `round ${index + 1}:`;
    if (most > LIMIT) faults.push(`${where} ${most} calls came within one minute`);
    if (perMinute < AIM * LIMIT)
      faults.push(`${where} ${Math.round(perMinute)} calls a minute, the aim is ${AIM * LIMIT}`);
    if (refused > STORM * perMinute) faults.push(`${where} ${refused} calls were refused`);
  }
  const report = (subject: Subject) =>
    Object.fromEntries(
      [...fields, "commits" as const].map((field) => [
        field,
        roundedSpread(spread(subject, field)),
      ]),
    );
  return {
    figure: report("ours"),
    baseline: report("naive"),
    limit: { perMinute: LIMIT },
    ratios: {
      toLimit: rounded(spread("ours", "perMinute").median / LIMIT),
      toBaseline: rounded(spread("ours", "perMinute").median / spread("naive", "perMinute").median),
    },
    faults,
  };
}
