import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { Failure } from "../core/failure.ts";
import { Refusal } from "../core/refusal.ts";
import { BodyTooLarge } from "./body.ts";
import { pointerTo, Problem } from "./problem.ts";

/**
 * Anything thrown on the way to an answer, as what the client may read of it. What nobody foresaw
 * becomes a 500 that says nothing: its message could hold anything.
 */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Failure) return ofFailure(error);
  if (error instanceof Refusal)
    return new Problem(422, error.message, {
      errors: error.faults.map(({ path, detail }) => ({ pointer: pointerTo(path), detail })),
      hint: error.hint,
    });
  if (error instanceof BodyTooLarge)
    return new Problem(413, "The body is longer than 1 MiB", {
      hint: "Divide what it asks for over several requests.",
    });
  if (error instanceof HTTPException) return ofException(error);
  const taken = NAME_INDEXES[brokenIndex(error) ?? ""];
  if (taken)
    return new Problem(409, `Another ${taken} has this name, whatever its case`, {
      errors: [{ pointer: "/name", detail: "is taken" }],
      hint: "Choose another name.",
    });
  if (databaseIsAway(error))
    return new Problem(503, "The database does not answer", {
      hint: "Ask again: nothing that was answered is lost.",
      headers: { "retry-after": String(RETRY_AFTER_MS / 1000) },
      cause: error,
    });
  return new Problem(500, "Longshore itself failed; its log says why", { cause: error });
}

/** The same for what was foreseen, to be shown on a page; anything else is thrown on. */
export function toKnownProblem(error: unknown): Problem {
  const problem = toProblem(error);
  if (problem.status === 500) throw error;
  return problem;
}

/** The indexes that keep names unique, and of what. */
const NAME_INDEXES: Record<string, string> = { accounts_name: "account", sources_name: "source" };

/** The unique index that a statement broke, wherever in the chain of causes the driver said so. */
function brokenIndex(error: unknown): string | undefined {
  const broken = chainOf(error).find(({ code }) => code === "23505");
  return broken?.constraint_name;
}

/**
 * No connection could be had, or the one that was had is gone: the driver's and the system's codes,
 * PostgreSQL's class 08, its shutting down and starting up, and too many connections.
 */
function databaseIsAway(error: unknown): boolean {
  return chainOf(error).some(({ code = "" }) => code.startsWith("CONNECT") || AWAY.test(code));
}
const AWAY =
  /^(08...|57P0[1235]|53300|ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT)$/;

interface DriverError {
  code?: string;
  constraint_name?: string;
}

function chainOf(error: unknown): DriverError[] {
  const chain: Error[] = [];
  for (let at = error; at instanceof Error && chain.length < 6; at = at.cause) chain.push(at);
  return chain as DriverError[];
}

/** For how long a client is sent away when Box did not say. */
const RETRY_AFTER_MS = 10_000;

function ofFailure(failure: Failure): Problem {
  const { message, hint, requestId, retryAfterMs = RETRY_AFTER_MS } = failure;
  switch (failure.kind) {
    case "transient":
    case "throttled":
    case "not_ready":
    case "blocked":
    case "stopped": {
      const seconds = String(Math.ceil(retryAfterMs / 1000));
      return new Problem(503, message, { hint, requestId, headers: { "retry-after": seconds } });
    }
    case "unauthorized":
    case "forbidden":
    case "not_found":
    case "gone":
    case "invalid":
    case "mismatch":
    case "conflict":
      return new Problem(422, message, { hint, requestId });
  }
}

/** The framework's own refusals; their words are meant to be read. */
function ofException(exception: HTTPException): Problem {
  if (exception.status === 415)
    return new Problem(415, "The body must be JSON", {
      hint: "Send Content-Type: application/json.",
    });
  return new Problem(exception.status as ContentfulStatusCode, exception.message);
}
