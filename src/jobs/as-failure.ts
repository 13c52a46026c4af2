import { Failure } from "../core/failure.ts";
import { describeError } from "../log.ts";

/**
 * What a job threw, as the retry policy knows it. While the worker stops everything is `stopped`: a call that
 * was cut says nothing of the other side. What no adapter translated is our own fault; another try does no harm.
 */
export function asFailure(error: unknown, signal: AbortSignal): Failure {
  if (signal.aborted) return new Failure("stopped", "The worker is stopping", { cause: error });
  if (error instanceof Failure) return error;
  const { name, message } = describeError(error);
  return new Failure("transient", `Longshore itself failed: ${String(name)}: ${String(message)}`, {
    cause: error,
  });
}
