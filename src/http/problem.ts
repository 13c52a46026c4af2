import { STATUS_CODES } from "node:http";
import type { ContentfulStatusCode } from "hono/utils/http-status";

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

/** The JSON pointer to where a path leads. */
export const pointerTo = (path: readonly PropertyKey[]) =>
  path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
