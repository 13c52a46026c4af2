import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { drizzle } from "drizzle-orm/postgres-js";
import type { Keys } from "../sandbox/box/wire.ts";
import { migrateDatabase } from "../src/db/migrate.ts";
import { accounts, sources } from "../src/db/schema.ts";
import { signatureKeysPlace } from "../src/operations/secret-places.ts";
import { createSecrets } from "../src/secrets.ts";
import { FOLDER, newKeys } from "./acks/delivery.ts";
import { INBOX } from "./acks/handlers.ts";
import type { Load, LoadCalls, Target } from "./acks/load.ts";
import type { PlainKind, ServerCalls } from "./acks/server.ts";
import { countBroken } from "./acks/verify.ts";
import type { Benchmark, Report, Run } from "./benchmark.ts";
import type { GcsCalls } from "./gcs-process.ts";
import { type BenchPostgres, openPostgres } from "./postgres.ts";
import { type Child, startChild } from "./processes.ts";
import { buildService, SECRETS, startService } from "./service.ts";
import { percentile, rounded, roundedSpread, type Spread, spreadOf } from "./stats.ts";
import { formatSpread, formatTable } from "./table.ts";

/** As many as Box keeps open to a busy receiver is nowhere said; other figures of this kind use 64. */
const CONNECTIONS = 64;
const RATES = [500, 1000];
const AIM = 4;

const SUBJECTS = {
  ours: "Longshore's door: delivery, facts, object and job",
  naive: "baseline: row and add_job per request",
  batched: "limit: rows and add_jobs, one statement a batch",
  bare: "limit: signature only, no database",
} as const;
type Subject = keyof typeof SUBJECTS;

interface Measured {
  perSecond: number;
  p50: number;
  p99: number;
  /** By rate. */
  open: { p50: number; p99: number }[];
}

export const acks: Benchmark = {
  about: "acknowledged webhook deliveries a second, and how long each waited",
  run,
};

async function run(run: Run): Promise<Report> {
  const scene = await prepare(run);
  const names = Object.keys(SUBJECTS) as Subject[];
  const measured = new Map<Subject, Measured[]>(names.map((name) => [name, []]));
  const faults: string[] = [];
  for (let round = 1; round <= run.rounds; round++)
    for (const subject of names) {
      const one = await measure(run, scene, subject, round, faults);
      measured.get(subject)?.push(one);
      const { perSecond, p99 } = one;
      run.say(`round ${round}: ${subject} ${rounded(perSecond)}/s, p99 ${rounded(p99)} ms`);
    }
  return conclude(run, measured, faults);
}

interface Scene {
  postgres: BenchPostgres;
  gcsUrl: string;
  keys: Keys;
  accountId: string;
  load: Child<LoadCalls>;
}

/** A migrated database with one account and one source, to be cloned for every run. */
async function prepare(run: Run): Promise<Scene> {
  await buildService();
  const server = await openPostgres(run);
  const url = await server.create("seed");
  await migrateDatabase(url);
  const client = postgres(url, { max: 1, onnotice: () => {} });
  const db = drizzle(client);
  const [keys, accountId] = [newKeys(), randomUUID()];
  const secrets = createSecrets(Buffer.from(SECRETS.secretsKey, "base64"));
  await db.insert(accounts).values({
    id: accountId,
    name: "Lab",
    authKind: "ccg",
    stream: "changes",
    boxUserId: "20000002",
    signatureKeys: secrets.seal(keys, signatureKeysPlace(accountId)),
  });
  await db.insert(sources).values({
    accountId,
    name: "Plates",
    slug: "plates",
    folderId: FOLDER.id,
    folderName: FOLDER.name,
    include: ["**/*.csv"],
    exclude: ["**/~*"],
    tags: ["plates"],
    metadata: {},
  });
  await client.unsafe(INBOX);
  await client.end();
  const load = await startChild<LoadCalls>(new URL("./acks/load.ts", import.meta.url));
  run.defer(load.stop);
  // The service asks at its start whether the lake is there.
  const gcs = await startChild<GcsCalls>(new URL("./gcs-process.ts", import.meta.url));
  run.defer(gcs.stop);
  const gcsUrl = await gcs.call("start", { folder: run.folder, buckets: ["lake"] });
  return { postgres: server, gcsUrl, keys, accountId, load };
}

async function measure(
  run: Run,
  scene: Scene,
  subject: Subject,
  round: number,
  faults: string[],
): Promise<Measured> {
  const database = `${subject}_${round}`;
  const databaseUrl = await scene.postgres.clone("seed", database);
  const server = await startServer(run, scene, subject, databaseUrl);
  const { keys, load, accountId } = scene;
  const target: Target = { port: server.port, path: `/webhooks/box/${accountId}`, keys };
  const [warmUpMs, forMs] = run.quick ? [500, 1500] : [3000, 6000];
  const closed = await load.call("closed", { target, connections: CONNECTIONS, warmUpMs, forMs });
  const open: Load[] = [];
  for (const perSecond of RATES) open.push(await load.call("open", { target, perSecond, forMs }));
  await server.stop();

  const loads = [closed, ...open];
  const acknowledged = loads.flatMap((one) => [...one.acknowledged]);
  for (const [status, count] of loads.flatMap((one) => Object.entries(one.refused)))
    faults.push(`${subject}, round ${round}: ${count} deliveries were answered ${status}`);
  if (subject !== "bare") {
    const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
    const broken = await countBroken(sql, subject === "ours" ? "ours" : "plain", acknowledged);
    await sql.end();
    if (broken > 0)
      faults.push(
        `${subject}, round ${round}: of ${acknowledged.length} acknowledged deliveries ${broken} are not there exactly once`,
      );
  }
  await scene.postgres.drop(database);
  const times = ({ latenciesMs }: Load) => ({
    p50: percentile(latenciesMs, 50),
    p99: percentile(latenciesMs, 99),
  });
  const perSecond = closed.latenciesMs.length / closed.seconds;
  return { perSecond, ...times(closed), open: open.map(times) };
}

async function startServer(run: Run, scene: Scene, subject: Subject, databaseUrl: string) {
  if (subject === "ours") {
    const { gcsUrl } = scene;
    return startService(run, ["web"], { databaseUrl, gcsUrl, lakeUrl: "gs://lake/landed" });
  }
  const kind: PlainKind = subject;
  const plain = await startChild<ServerCalls>(new URL("./acks/server.ts", import.meta.url));
  run.defer(plain.stop);
  const port = await plain.call("listen", { kind, databaseUrl, key: scene.keys.primary });
  return { port, stop: plain.stop };
}

function conclude(run: Run, measured: Map<Subject, Measured[]>, faults: string[]): Report {
  const spread = (subject: Subject, of: (one: Measured) => number): Spread =>
    spreadOf((measured.get(subject) ?? []).map(of));
  const open = (index: number, of: "p50" | "p99") => (one: Measured) =>
    one.open[index]?.[of] ?? NaN;
  const show = (subject: Subject) => [
    SUBJECTS[subject],
    formatSpread(spread(subject, (one) => one.perSecond)),
    formatSpread(spread(subject, (one) => one.p50)),
    formatSpread(spread(subject, (one) => one.p99)),
    ...RATES.map((_, index) => formatSpread(spread(subject, open(index, "p99")))),
  ];
  const names = Object.keys(SUBJECTS) as Subject[];
  run.say(
    `\n${CONNECTIONS} connections, each sending when answered; then fixed rates, timed from the intended sending`,
  );
  const fixed = RATES.map((rate) => `p99 ms at ${rate}/s`);
  run.say(formatTable(["", "acks/s", "p50 ms", "p99 ms", ...fixed], names.map(show)));

  const report = (subject: Subject) => ({
    perSecond: roundedSpread(spread(subject, (one) => one.perSecond)),
    p50Ms: roundedSpread(spread(subject, (one) => one.p50)),
    p99Ms: roundedSpread(spread(subject, (one) => one.p99)),
    fixedRate: Object.fromEntries(
      RATES.map((rate, index) => [
        rate,
        {
          p50Ms: roundedSpread(spread(subject, open(index, "p50"))),
          p99Ms: roundedSpread(spread(subject, open(index, "p99"))),
        },
      ]),
    ),
  });
  const median = (subject: Subject) => spread(subject, (one) => one.perSecond).median;
  const toBaseline = median("ours") / median("naive");
  if (toBaseline < AIM && !run.quick)
    faults.push(`${toBaseline.toFixed(2)} times the baseline's throughput, the aim is ${AIM}`);
  return {
    figure: report("ours"),
    baseline: report("naive"),
    limit: { batched: report("batched"), bare: report("bare") },
    ratios: {
      toBaseline: rounded(toBaseline),
      toBatched: rounded(median("ours") / median("batched")),
      toBare: rounded(median("ours") / median("bare")),
    },
    faults,
  };
}
