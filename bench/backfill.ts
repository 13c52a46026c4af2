import { setTimeout } from "node:timers/promises";
import postgres from "postgres";
import { migrateDatabase } from "../src/db/migrate.ts";
import type { TreeBoxCalls } from "./backfill/tree-box.ts";
import type { Benchmark, Report, Run } from "./benchmark.ts";
import type { GcsCalls } from "./gcs-process.ts";
import { type BenchPostgres, openPostgres } from "./postgres.ts";
import { type Child, startChild } from "./processes.ts";
import { buildService, callApi, type Settings, startService } from "./service.ts";
import { rounded, roundedSpread, spreadOf } from "./stats.ts";
import { formatSpread, formatTable } from "./table.ts";
import { cpuMsOf, peakRssBytesOf } from "./usage.ts";

/** Trees of 20 files a folder: 1,000, 10,000 and 100,000 files. */
const FILES_PER_FOLDER = 20;
const FOLDERS = [50, 500, 5000];
const QUICK_FOLDERS = [25, 100];

/** What our budget leaves of Box's limit on a user: 900 calls a minute. */
const CALLS_PER_SECOND = 15;
/** Our part must leave Box's limit the only one, by far, also where the machine does other things. */
const AIM = 4;
/** Of the largest tree against the smallest: a cost that grows with the tree is a fault. */
const MOST_GROWTH = 1.3;
/** Against the tree before it: the smallest ends before V8 has filled the heap that it keeps. */
const MOST_RSS_GROWTH_MB = 40;
const LARGEST_RSS_MB = 300;

interface Measured {
  perSecond: number;
  listSeconds: number;
  cpuMs: number;
  commits: number;
  calls: number;
  peakRssMb: number;
}

const FIGURES: Record<keyof Measured, string> = {
  perSecond: "files/s",
  listSeconds: "listed after s",
  cpuMs: "CPU ms/file",
  commits: "commits/file",
  calls: "Box calls/file",
  peakRssMb: "peak RSS MB",
};

export const backfill: Benchmark = {
  about: "100,000 files in 5,000 folders: against Box's limit, and against smaller trees",
  run,
};

interface Scene {
  run: Run;
  postgres: BenchPostgres;
  box: Child<TreeBoxCalls>;
  access: { url: string; downloadHost: string };
  gcs: Child<GcsCalls>;
  gcsUrl: string;
}

const bucketOf = (folders: number, round: number) => `backfill-${folders}-${round}`;

async function run(run: Run): Promise<Report> {
  const sizes = run.quick ? QUICK_FOLDERS : FOLDERS;
  const scene = await prepare(run, sizes);
  const measured = new Map<number, Measured[]>(sizes.map((folders) => [folders, []]));
  const faults: string[] = [];
  for (let round = 1; round <= run.rounds; round++)
    for (const folders of sizes) {
      const bucket = bucketOf(folders, round);
      const { figures, wrong } = await measure(scene, bucket, folders);
      measured.get(folders)?.push(figures);
      faults.push(...wrong.map((fault) => `round ${round}, ${folders} folders: ${fault}`));
      run.say(
        `round ${round}: ${folders * FILES_PER_FOLDER} files, ${rounded(figures.perSecond)} files/s`,
      );
    }
  return conclude(run, measured, faults);
}

async function prepare(run: Run, sizes: number[]): Promise<Scene> {
  await buildService();
  const server = await openPostgres(run);
  await migrateDatabase(await server.create("seed"));
  const box = await startChild<TreeBoxCalls>(new URL("./backfill/tree-box.ts", import.meta.url));
  run.defer(box.stop);
  const gcs = await startChild<GcsCalls>(new URL("./gcs-process.ts", import.meta.url));
  run.defer(gcs.stop);
  const rounds = Array.from({ length: run.rounds }, (_, index) => index + 1);
  const buckets = sizes.flatMap((folders) => rounds.map((round) => bucketOf(folders, round)));
  const access = await box.call("start", undefined as never);
  const gcsUrl = await gcs.call("start", { folder: run.folder, buckets });
  return { run, postgres: server, box, access, gcs, gcsUrl };
}

/** From the registration over the API until the last object's row says that it is stored. */
async function measure(scene: Scene, bucket: string, folders: number) {
  const { run, postgres: server, box, access, gcs, gcsUrl } = scene;
  const tree = { folders, filesPerFolder: FILES_PER_FOLDER };
  const { folderId, versions } = await box.call("grow", tree);
  const files = versions.length;
  const databaseUrl = await server.clone("seed", bucket);
  const settings: Settings = { databaseUrl, gcsUrl, lakeUrl: `gs://${bucket}/landed`, box: access };
  const web = await startService(run, ["web"], settings);
  const auth = { kind: "developerToken", token: "token" };
  const { id: accountId } = await callApi<{ id: string }>(web.port, "/accounts", {
    name: "Lab",
    auth,
  });
  const worker = await startService(run, ["worker"], settings);
  await box.call("calls", undefined as never);
  const commitsBefore = await server.commits(bucket);
  const [startedAt, cpuBefore] = [performance.now(), await cpuMsOf(worker.pid)];
  await callApi(web.port, "/sources", { accountId, name: "Archive", folderId });
  const watched = await watchUntilStored(databaseUrl, files, startedAt);
  const seconds = (performance.now() - startedAt) / 1000;
  const cpuMs = (await cpuMsOf(worker.pid)) - cpuBefore;
  const peakRssMb = (await peakRssBytesOf(worker.pid)) / 1e6;
  const calls = await box.call("calls", undefined as never);
  await worker.stop();
  await web.stop();
  // The last numbers of a connection are counted when it closes.
  const commits = (await server.commits(bucket)) - commitsBefore - watched.looks;
  await server.drop(bucket);
  const { once, ...audit } = await gcs.call("audit", { bucket, expected: versions });
  const wrong = Object.entries(audit)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} versions are ${what}, ${once} are right`);
  if (watched.listed !== files) wrong.push(`the walk counted ${watched.listed} files of ${files}`);
  const figures: Measured = {
    perSecond: files / seconds,
    listSeconds: watched.listedAfterMs / 1000,
    cpuMs: cpuMs / files,
    commits: commits / files,
    calls: calls / files,
    peakRssMb,
  };
  return { figures, wrong };
}

/** Longer than this without a further object, and something is wrong. */
const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 500;

/** Each look is a commit of its own, and is counted. */
async function watchUntilStored(databaseUrl: string, files: number, startedAt: number) {
  const sql = postgres(databaseUrl, { max: 1, fetch_types: false });
  let [stored, since, listedAfterMs] = [0, performance.now(), 0];
  for (let looks = 1; ; looks++) {
    const [row] = await sql`
      select (select count(*) from objects where state = 'stored') as stored,
        (select sum(listed_files) from walks) as listed,
        (select bool_and(state = 'done') from walks) as done`;
    const now = performance.now();
    if (Number(row?.["stored"]) > stored) since = now;
    stored = Number(row?.["stored"]);
    if (row?.["done"] === true && listedAfterMs === 0) listedAfterMs = now - startedAt;
    const isOver = stored >= files && listedAfterMs > 0;
    if (isOver || now - since > PATIENCE_MS) {
      await sql.end();
      return { looks, listed: Number(row?.["listed"]), listedAfterMs };
    }
    await setTimeout(LOOK_EVERY_MS);
  }
}

function conclude(run: Run, measured: Map<number, Measured[]>, faults: string[]): Report {
  const names = Object.keys(FIGURES) as (keyof Measured)[];
  const spread = (folders: number, figure: keyof Measured) =>
    spreadOf((measured.get(folders) ?? []).map((one) => one[figure]));
  const median = (folders: number, figure: keyof Measured) => spread(folders, figure).median;
  const sizes = [...measured.keys()];
  const [smallest = 0, before = 0, largest = 0] = [sizes[0], sizes.at(-2), sizes.at(-1)];
  run.say("\nOne worker; Box and the lake are on the same cores, Box's limit is lifted");
  const rows = sizes.map((folders) => [
    `${folders * FILES_PER_FOLDER} files in ${folders} folders`,
    ...names.map((name) => formatSpread(spread(folders, name))),
  ]);
  run.say(formatTable(["", ...Object.values(FIGURES)], rows));

  const atBox = CALLS_PER_SECOND / median(largest, "calls");
  const growth = (figure: keyof Measured) => median(largest, figure) / median(smallest, figure);
  const speed = median(largest, "perSecond");
  if (speed < AIM * atBox)
    faults.push(`${rounded(speed)} files/s, the aim is ${AIM} times the ${rounded(atBox)} of Box`);
  for (const figure of ["cpuMs", "commits", "calls"] as const)
    if (growth(figure) > MOST_GROWTH)
      faults.push(
        `${FIGURES[figure]} grow by ${rounded(growth(figure))}, the limit is ${MOST_GROWTH}`,
      );
  const more = median(largest, "peakRssMb") - median(before, "peakRssMb");
  if (more > MOST_RSS_GROWTH_MB)
    faults.push(
      `the largest tree takes ${rounded(more)} MB more, the limit is ${MOST_RSS_GROWTH_MB}`,
    );
  if (median(largest, "peakRssMb") > LARGEST_RSS_MB)
    faults.push(`the worker took more than ${LARGEST_RSS_MB} MB`);

  const report = (folders: number) =>
    Object.fromEntries(names.map((name) => [name, roundedSpread(spread(folders, name))]));
  return {
    figure: report(largest),
    baseline: report(smallest),
    limit: { perSecond: rounded(atBox) },
    ratios: {
      throughputToLimit: rounded(speed / atBox),
      cpuToSmallest: rounded(growth("cpuMs")),
      commitsToSmallest: rounded(growth("commits")),
      throughputToSmallest: rounded(growth("perSecond")),
    },
    faults,
  };
}
