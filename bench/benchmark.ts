/** What is measured against what. */
export interface Report {
  /** Ours. */
  figure: object;
  /** What an engineer would write first. */
  baseline: object;
  /** What this machine could do at best, without our promises. */
  limit: object;
  ratios: Record<string, number>;
  /** A limit that was missed, or an id that did not arrive, a sentence each. */
  faults: string[];
}

export interface Run {
  /** Interleaved repetitions. */
  rounds: number;
  /** Short, to see that it works; its figures say little. */
  quick: boolean;
  /** Where everything temporary lies: a real disk, so that "durable" means something. */
  folder: string;
  /** Called when all is over, the last first, also after a failure. */
  defer(close: () => Promise<unknown>): void;
  /** A line for the person who waits. */
  say(line: string): void;
}

export interface Benchmark {
  /** One line. */
  about: string;
  run(run: Run): Promise<Report>;
}
