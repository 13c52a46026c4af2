import { STATUS_CODES } from "node:http";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";
import { Failure } from "../../core/failure.ts";
import { Refusal } from "../../core/refusal.ts";
import { BodyTooLarge } from "../body.ts";

/** One thing that is wrong with a request. */
export interface Fault {
  /** JSON pointer (RFC 6901) into the body, or `/name` of a parameter; empty for the whole. */
  pointer: string;
  detail: string;
}

interface ProblemDetails {
  errors?: Fault[];
  /** What to do about it. */
  hint?: string | undefined;
  /** Of the request that Box refused, for its support. */
  requestId?: string | undefined;
  headers?: Record<string, string>;
  cause?: unknown;
}

/** A refusal as the API words it: RFC 9457 problem details. All of it may be shown. */
export class Problem extends Error {
  readonly status: ContentfulStatusCode;
  readonly errors: Fault[] | undefined;
  readonly hint: string | undefined;
  readonly requestId: string | undefined;
  readonly headers: Record<string, string>;

  constructor(status: ContentfulStatusCode, detail: string, details: ProblemDetails = {}) {
    super(detail, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "Problem";
    this.status = status;
    this.errors = details.errors;
    this.hint = details.hint;
    this.requestId = details.requestId;
    this.headers = details.headers ?? {};
  }
}

/** The answer to a problem. Its title is the status' own phrase, as `about:blank` asks. */
export function answerProblem(problem: Problem): Response {
  const { status, message: detail, errors, hint, requestId, headers } = problem;
  const title = STATUS_CODES[status];
  const body = { type: "about:blank", title, status, detail, errors, hint, requestId };
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...headers, "content-type": "application/problem+json" },
  });
}

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

export const NO_PARAMETER = "is no parameter of this request";
export const NO_FIELD = "is no field of this request";

/** What zod found wrong, each with its place; an unknown field is named by its own place. */
export function ofFaults(part: string, error: z.core.$ZodError): Problem {
  const errors = error.issues.flatMap((issue): Fault[] => {
    if (issue.code === "invalid_key")
      return issue.issues.map(({ message: detail }) => ({
        pointer: pointerTo(issue.path),
        detail,
      }));
    if (issue.code !== "unrecognized_keys")
      return [{ pointer: pointerTo(issue.path), detail: issue.message }];
    return issue.keys.map((key) => ({
      pointer: pointerTo([...issue.path, key]),
      detail: part === "query" ? NO_PARAMETER : NO_FIELD,
    }));
  });
  return new Problem(400, `The ${PARTS[part] ?? "body"} is wrong`, { errors });
}

const PARTS: Record<string, string> = { query: "query", param: "address" };

export const pointerTo = (path: readonly PropertyKey[]) =>
  path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
