import { isDeepStrictEqual } from "node:util";
import { enqueue } from "../../src/operations/enqueue.ts";
import { type KnownSource, keyOf } from "./journal.ts";
import { type Kept, lakeOf } from "./lake.ts";
import { type Census, type Incident, openIncidents, type Said, saidOf } from "./said.ts";
import type { Scene } from "./scene.ts";
import { quiet } from "./settle.ts";

/**
 * What the service says wrongly of itself, one sentence each, once its sources were compared in full and
 * nothing is owed: counts, sweeps, completeness reports and incidents must be what lake and model are.
 */
export async function untruths(scene: Scene): Promise<string[]> {
  const { house, journal } = scene;
  await enqueue(house.db, [{ task: "look_after", payload: {} }]);
  await quiet(scene);
  const lake = await lakeOf(scene);
  const wrong: string[] = [];
  const said = new Map<string, Said>();
  for (const source of journal.living().filter(({ paused }) => !paused)) {
    const of = await saidOf(house, source.id);
    said.set(source.id, of);
    wrong.push(
      ...[
        ...falseCounts(of, lake.bySource(source.id)),
        ...(journal.isShown(source)
          ? falseProof(of, source, lake.bySource(source.id), scene)
          : falseDoubt(of)),
      ].map((sentence) => `of ${source.slug}: ${sentence}`),
    );
  }
  return [...wrong, ...falseIncidents(await openIncidents(house), said, scene)];
}

function falseCounts({ source }: Said, kept: Kept): string[] {
  const { counts, state, backfill } = source;
  const bytes = [...kept.values()].reduce((sum, size) => sum + size, 0);
  // What an edit withdrew while a worker was creating it lies there, and is adopted when it is wanted again.
  const known = counts.stored + counts.withdrawn;
  return [
    ...differs("state", state, "active"),
    ...differs("backfill.state", ["done", "failed"].includes(backfill.state), true),
    ...(counts.stored === kept.size
      ? differs("counts.storedBytes", counts.storedBytes, bytes)
      : differs("counts.stored", counts.stored < kept.size && kept.size <= known, true)),
    ...differs("counts.pending", counts.pending, 0),
    ...differs("counts.waiting", counts.waiting, 0),
  ];
}

function falseProof(
  { source: { listing }, sweep, report, csv }: Said,
  source: KnownSource,
  kept: Kept,
  { journal }: Scene,
): string[] {
  const census = journal.census(source);
  const { matched: files, matchedBytes: bytes, listed, listedBytes, skipped } = census;
  const { must } = journal.expected(source);
  const { id, state, missing } = sweep;
  const isNone = (reason: string) => differs(`counts.${reason}`, report.counts[reason], 0);
  const differences = Map.groupBy(report.items, ({ reason }) => reason);
  const lines = new Map([
    ["box", files],
    ["lake", files],
    ...Object.entries(skipped).map(([rule, files]) => [`skipped ${rule}`, files ?? 0] as const),
    ...[...differences].map(([reason, of]) => [`difference ${reason}`, of.length] as const),
  ]);
  return [
    ...differs(
      "the sweep",
      { state, missing, ...countedBy(sweep) },
      { state: "done", missing: 0, ...census },
    ),
    ...differs("the newest listing", listing && countedBy(listing), census),
    ...differs("complete", report.complete, true),
    ...differs("doubt", report.doubt, null),
    // A gap that the sweep itself revealed, as of a folder that is another enterprise's by now, is listed after it.
    ...differs("proved by the sweep or later", Number(report.proved?.walkId) >= Number(id), true),
    ...differs("box", report.box, { files, bytes, listed, listedBytes, skipped }),
    ...differs("lake", report.lake, { files, bytes }),
    ...["pending", "waiting", "given_up"].flatMap(isNone),
    ...differs("the CSV", Object.fromEntries(csv), Object.fromEntries(lines)),
    ...report.items.flatMap(({ fileId, versionId, reason }) => {
      const key = keyOf(fileId, versionId);
      // See above: what was withdrawn under a worker's hands.
      if (kept.has(key) && reason !== "withdrawn")
        return [`${key} lies in the lake and is called ${reason}`];
      return must.has(key) ? [`${key} must be there and is called ${reason}`] : [];
    }),
  ];
}

const countedBy = ({ listed, listedBytes, matched, matchedBytes, skipped }: Census): Census => {
  return { listed, listedBytes, matched, matchedBytes, skipped };
};

/** Of a source whose folder is not to be seen nobody knows what it holds now. */
const falseDoubt = ({ report, sweep }: Said): string[] => [
  ...differs("the sweep", sweep.state, "failed"),
  ...differs("complete", report.complete, false),
  ...differs("doubt", report.doubt !== null, true),
];

function falseIncidents(open: Incident[], said: ReadonlyMap<string, Said>, scene: Scene): string[] {
  const { journal, oddEvents } = scene;
  const hidden = journal.living().filter((source) => !journal.isShown(source));
  const isHidden = (sourceId: string | null) => hidden.some(({ id }) => id === sourceId);
  const isLost = (sourceId: string | null) =>
    (said.get(sourceId ?? "")?.report.counts["lost"] ?? 1) > 0;
  const isReal = ({ kind, sourceId }: Incident): boolean => {
    switch (kind) {
      case "source_unreachable":
      case "webhook_gone":
        return isHidden(sourceId);
      case "given_up":
        return sourceId === null || (said.get(sourceId)?.source.counts.givenUp ?? 1) > 0;
      case "versions_gone":
        return (said.get(sourceId ?? "")?.source.counts.givenUp ?? 1) > 0 || isLost(sourceId);
      case "gap_reproved":
        return hidden.length > 0 || journal.living().some(({ paused }) => paused);
      case "unreadable_signals":
        return oddEvents > 0;
      default:
        return false;
    }
  };
  const unreachable = open.filter(({ kind }) => kind === "source_unreachable");
  return [
    ...open
      .filter((incident) => !isReal(incident))
      .map(({ kind, message }) => `the incident ${kind} is not real: ${message}`),
    ...hidden
      .filter(({ id, paused }) => !paused && !unreachable.some(({ sourceId }) => sourceId === id))
      .map(({ slug }) => `no incident says that ${slug} cannot be reached`),
  ];
}

function differs(what: string, said: unknown, real: unknown): string[] {
  if (isDeepStrictEqual(said, real)) return [];
  return [`${what} is said to be ${JSON.stringify(said)} and is ${JSON.stringify(real)}`];
}
