import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { acks } from "./acks.ts";
import { backfill } from "./backfill.ts";
import type { Benchmark, Report, Run } from "./benchmark.ts";
import { budget } from "./budget.ts";
import { files } from "./files.ts";
import { describeMachine, type Machine } from "./machine.ts";

const BENCHMARKS: Record<string, Benchmark> = { acks, backfill, budget, files };

const USAGE = `usage: npm run bench -- NAME [--rounds N] [--quick]
${Object.entries(BENCHMARKS)
  .map(([name, { about }]) => `  ${name.padEnd(8)}${about}`)
  .join("\n")}`;

/** Runs one benchmark in a folder of its own; whatever it started has ended when this returns. */
async function measure(benchmark: Benchmark, options: Pick<Run, "rounds" | "quick">) {
  const folder = await mkdtemp(join(tmpdir(), "longshore-bench-"));
  const stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const stopped = new Promise<never>((_, reject) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.once(signal, () => reject(new Error(`stopped by ${signal}`)));
  });
  const run: Run = {
    ...options,
    folder,
    defer: (close) => stack.defer(async () => void (await close())),
    say: (line) => console.log(line),
  };
  try {
    return await Promise.race([benchmark.run(run), stopped]);
  } finally {
    await stack.disposeAsync();
  }
}

function conclude(
  name: string,
  machine: Machine,
  quick: boolean,
  { faults, ...report }: Report,
): number {
  const { commit, node, cpu, cores, memoryGb, date, loadBefore } = machine;
  console.log(
    `\ncommit ${commit} · Node ${node} · ${cores} cores (${cpu}), ${memoryGb} GB, load before ${loadBefore} · ${date}${quick ? " · quick: the figures say little" : ""}`,
  );
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  console.log(JSON.stringify({ bench: name, ...report, faults, quick, machine }));
  return faults.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: "string" }, quick: { type: "boolean", default: false } },
  });
  const [name = "", ...more] = positionals;
  const benchmark = BENCHMARKS[name];
  const { quick } = values;
  const rounds = Number(values.rounds ?? (quick ? 1 : 3));
  if (!benchmark || more.length > 0 || !Number.isInteger(rounds) || rounds < 1) {
    console.error(USAGE);
    return 2;
  }
  const machine = describeMachine();
  return conclude(name, machine, quick, await measure(benchmark, { rounds, quick }));
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error);
  return 1;
});
