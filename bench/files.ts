import { setTimeout } from "node:timers/promises";
import postgres from "postgres";
import { migrateDatabase } from "../src/db/migrate.ts";
import type { Benchmark, Report, Run } from "./benchmark.ts";
import type { BoxAccess, BoxCalls } from "./box-process.ts";
import type { LoopCalls } from "./files/loops.ts";
import type { Expected, GcsCalls } from "./gcs-process.ts";
import { type BenchPostgres, openPostgres } from "./postgres.ts";
import { type Child, startChild } from "./processes.ts";
import { buildService, callApi, type Settings, startService } from "./service.ts";
import { rounded, roundedSpread, type Spread, spreadOf } from "./stats.ts";
import { formatSpread, formatTable } from "./table.ts";
import { cpuMsOf, peakRssBytesOf } from "./usage.ts";

const SIZE_BYTES = 10 * 1024;
/** What a worker stores side by side (`STORES` in src/service.ts); the loops get the same. */
const CONCURRENCY = 16;
const LARGEST_RSS_MB = 300;

const SUBJECTS = {
  ours: "Longshore: one registration, proved and recorded",
  libraries: "baseline: Box SDK and Google client in a loop",
  raw: "limit: the same loop on fetch",
} as const;
type Subject = keyof typeof SUBJECTS;
const NAMES = Object.keys(SUBJECTS) as Subject[];

const FIGURES = {
  perSecond: "files/s",
  cpuMs: "CPU ms/file",
  peakRssMb: "peak RSS MB",
  apiCalls: "Box API calls/file",
  contentCalls: "content calls/file",
  commits: "commits/file",
} as const;
type Figure = keyof typeof FIGURES;
type Measured = Record<Figure, number>;

export const files: Benchmark = {
  about: "10,000 files of 10 KB, from a folder's listing to proved objects",
  run,
};

interface Scene {
  run: Run;
  postgres: BenchPostgres;
  box: Child<BoxCalls>;
  access: BoxAccess;
  gcs: Child<GcsCalls>;
  gcsUrl: string;
  folderId: string;
  versions: Expected[];
}

const bucketOf = (subject: Subject, round: number) => `${subject}-${round}`;

async function run(run: Run): Promise<Report> {
  const scene = await prepare(run);
  const measured = new Map<Subject, Measured[]>(NAMES.map((name) => [name, []]));
  const faults: string[] = [];
  for (let round = 1; round <= run.rounds; round++)
    for (const subject of NAMES) {
      const bucket = bucketOf(subject, round);
      const one =
        subject === "ours"
          ? await measureOurs(scene, bucket)
          : await measureLoop(scene, subject, bucket);
      measured.get(subject)?.push(one);
      run.say(`round ${round}: ${subject} ${rounded(one.perSecond)} files/s`);
      const { once, ...wrong } = await scene.gcs.call("audit", {
        bucket,
        expected: scene.versions,
      });
      for (const [what, count] of Object.entries(wrong))
        if (count > 0)
          faults.push(
            `${subject}, round ${round}: ${count} versions are ${what}, ${once} are right`,
          );
      if (subject === "ours" && one.peakRssMb >= LARGEST_RSS_MB)
        faults.push(
          `round ${round}: the worker took ${one.peakRssMb} MB, the limit is ${LARGEST_RSS_MB}`,
        );
    }
  return conclude(run, measured, faults);
}

/** Box, with its files, and the lake in processes of their own; a migrated database to be cloned. */
async function prepare(run: Run): Promise<Scene> {
  await buildService();
  const server = await openPostgres(run);
  await migrateDatabase(await server.create("seed"));
  const box = await startChild<BoxCalls>(new URL("./box-process.ts", import.meta.url));
  run.defer(box.stop);
  const gcs = await startChild<GcsCalls>(new URL("./gcs-process.ts", import.meta.url));
  run.defer(gcs.stop);
  const access = await box.call("start", { folder: run.folder });
  const rounds = Array.from({ length: run.rounds }, (_, index) => index + 1);
  const buckets = NAMES.flatMap((name) => rounds.map((round) => bucketOf(name, round)));
  const gcsUrl = await gcs.call("start", { folder: run.folder, buckets });
  const filled = await box.call("fill", {
    files: run.quick ? 1000 : 10_000,
    sizeBytes: SIZE_BYTES,
  });
  return { run, postgres: server, box, access, gcs, gcsUrl, ...filled };
}

/** From the registration over the API until the last object's row says that it is stored. */
async function measureOurs(scene: Scene, bucket: string): Promise<Measured> {
  const { run, postgres: server, access, gcsUrl, folderId, versions } = scene;
  const databaseUrl = await server.clone("seed", bucket);
  const settings: Settings = { databaseUrl, gcsUrl, lakeUrl: `gs://${bucket}/landed`, box: access };
  const web = await startService(run, ["web"], settings);
  const { clientId, clientSecret, enterpriseId } = access.ccg;
  const { id: accountId } = await callApi<{ id: string }>(web.port, "/accounts", {
    name: "Lab",
    auth: { kind: "ccg", clientId, clientSecret, subject: "enterprise", subjectId: enterpriseId },
  });
  const worker = await startService(run, ["worker"], settings);
  await scene.box.call("requests", undefined as never);

  const commitsBefore = await server.commits(bucket);
  const measure = await beginMeasuring(scene, worker.pid);
  await callApi(web.port, "/sources", { accountId, name: "Plates", folderId });
  const looks = await waitUntilStored(databaseUrl, versions.length);
  const measured = await measure();
  await worker.stop();
  await web.stop();
  // The last numbers of a connection are counted when it closes.
  const commits = (await server.commits(bucket)) - commitsBefore - looks;
  await server.drop(bucket);
  return { ...measured, commits: commits / versions.length };
}

async function measureLoop(
  scene: Scene,
  subject: "libraries" | "raw",
  bucket: string,
): Promise<Measured> {
  const { access: box, gcsUrl, folderId } = scene;
  const child = await startChild<LoopCalls>(new URL("./files/loops.ts", import.meta.url));
  scene.run.defer(child.stop);
  const token = await scene.box.call("token", undefined as never);
  await scene.box.call("requests", undefined as never);
  const measure = await beginMeasuring(scene, child.pid);
  await child.call(subject, { box, token, gcsUrl, bucket, folderId, concurrency: CONCURRENCY });
  const measured = await measure();
  await child.stop();
  return measured;
}

/** Answers what was used since, a file. */
async function beginMeasuring({ box, versions }: Scene, pid: number) {
  const [startedAt, cpuBefore] = [performance.now(), await cpuMsOf(pid)];
  return async (): Promise<Measured> => {
    const seconds = (performance.now() - startedAt) / 1000;
    const cpuMs = (await cpuMsOf(pid)) - cpuBefore;
    const { download = 0, ...api } = await box.call("requests", undefined as never);
    const apiCalls = Object.values(api).reduce((sum, count) => sum + count, 0);
    return {
      perSecond: versions.length / seconds,
      cpuMs: cpuMs / versions.length,
      peakRssMb: (await peakRssBytesOf(pid)) / 1e6,
      apiCalls: apiCalls / versions.length,
      contentCalls: download / versions.length,
      commits: 0,
    };
  };
}

/** Longer than this without a further object, and something is wrong. */
const PATIENCE_MS = 60_000;

/** Answers how often it looked: each look is a commit of its own. */
async function waitUntilStored(databaseUrl: string, count: number): Promise<number> {
  const sql = postgres(databaseUrl, { max: 1, fetch_types: false });
  let [stored, since] = [0, performance.now()];
  for (let looks = 1; ; looks++) {
    const [row] = await sql`select count(*) from objects where state = 'stored'`;
    const now = Number(row?.["count"]);
    if (now > stored) since = performance.now();
    stored = now;
    if (stored >= count || performance.now() - since > PATIENCE_MS) {
      await sql.end();
      return looks;
    }
    await setTimeout(100);
  }
}

function conclude(run: Run, measured: Map<Subject, Measured[]>, faults: string[]): Report {
  const spread = (subject: Subject, figure: Figure): Spread =>
    spreadOf((measured.get(subject) ?? []).map((one) => one[figure]));
  const figures = Object.keys(FIGURES) as Figure[];
  run.say(`\n${CONCURRENCY} files side by side; Box and the lake are sandboxes on the same cores`);
  const rows = NAMES.map((name) => [
    SUBJECTS[name],
    ...figures.map((figure) => formatSpread(spread(name, figure))),
  ]);
  run.say(formatTable(["", ...Object.values(FIGURES)], rows));
  const report = (subject: Subject) =>
    Object.fromEntries(figures.map((figure) => [figure, roundedSpread(spread(subject, figure))]));
  const ratio = (subject: Subject, figure: Figure) =>
    rounded(spread("ours", figure).median / spread(subject, figure).median);
  return {
    figure: report("ours"),
    baseline: report("libraries"),
    limit: report("raw"),
    ratios: {
      throughputToBaseline: ratio("libraries", "perSecond"),
      throughputToLimit: ratio("raw", "perSecond"),
      cpuToBaseline: ratio("libraries", "cpuMs"),
      cpuToLimit: ratio("raw", "cpuMs"),
    },
    faults,
  };
}
