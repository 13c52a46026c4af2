import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** What a child can be asked; each takes one plain value and answers with one. */
export type Calls = Record<string, (argument: never) => unknown>;

export interface Child<C extends Calls> {
  pid: number;
  /** Throws what the call threw in the child, or that the child ended. */
  call<Name extends keyof C & string>(
    name: Name,
    argument: Parameters<C[Name]>[0],
  ): Promise<Awaited<ReturnType<C[Name]>>>;
  /** Ends the process and waits for its end. */
  stop(): Promise<void>;
}

type Question = { id: number; name: string; argument: unknown };
type Answer = { id: number; value?: unknown; error?: string };

/**
 * Runs a module of ours in a process of its own and waits until it answers. It is plain Node, which
 * strips the types by itself, so no loader of ours shares the measured process.
 */
export async function startChild<C extends Calls>(
  module: URL,
  ...words: string[]
): Promise<Child<C>> {
  const child = fork(module, words, { execArgv: [], serialization: "advanced" });
  const pending = new Map<number, (answer: Answer) => void>();
  let last = 0;
  child.on("message", (answer: Answer) => {
    pending.get(answer.id)?.(answer);
    pending.delete(answer.id);
  });
  child.on("exit", (code) => {
    for (const [id, settle] of pending)
      settle({ id, error: `the process ${module.pathname} ended (${code})` });
  });

  const call: Child<C>["call"] = (name, argument) =>
    new Promise((resolve, reject) => {
      const id = last++;
      pending.set(id, ({ value, error }) =>
        // What a call answers is what its type says: both ends are this program.
        error === undefined ? resolve(value as never) : reject(new Error(error)),
      );
      child.send({ id, name, argument } satisfies Question);
    });

  await once(child, "message");
  return { pid: child.pid ?? 0, call, stop: () => end(child) };
}

/** The child's side: answers the parent's calls, and ends when the parent is gone. */
export function answerParent(calls: Calls): void {
  process.on("message", ({ id, name, argument }: Question) => {
    const run = async () => calls[name]?.(argument as never);
    run().then(
      (value) => process.send?.({ id, value } satisfies Answer),
      (error: unknown) =>
        process.send?.({ id, error: String((error as Error).stack) } satisfies Answer),
    );
  });
  process.on("disconnect", () => process.exit());
  // An orderly end, so that `NODE_OPTIONS=--cpu-prof npm run bench` leaves its profiles.
  process.on("SIGTERM", () => process.exit());
  process.send?.({ id: -1 } satisfies Answer);
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}
