import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

export interface Machine {
  commit: string;
  node: string;
  cpu: string;
  cores: number;
  memoryGb: number;
  date: string;
  /** Processes that wanted to run in the minute before: above 0, others shared the cores. */
  loadBefore: number;
}

/** What figures must be read with, asked before measuring. A commit ending in `+` had changes that were not committed. */
export function describeMachine(): Machine {
  const git = (...words: string[]) => execFileSync("git", words, { encoding: "utf8" }).trim();
  const changed = git(
    "status",
    "--porcelain",
    "--untracked-files=no",
    "--",
    "src",
    "bench",
    "sandbox",
  );
  return {
    commit: git("rev-parse", "--short", "HEAD") + (changed === "" ? "" : "+"),
    node: process.version,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    date: new Date().toISOString().slice(0, 10),
    loadBefore: Number((loadavg()[0] ?? 0).toFixed(1)),
  };
}
