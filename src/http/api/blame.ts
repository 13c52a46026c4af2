import { Failure } from "../../core/failure.ts";
import { type Fault, Problem } from "../problem.ts";
import { toProblem } from "../to-problem.ts";

type Kinds = readonly Failure["kind"][];

/**
 * Does what asks Box about something that the request names. A refusal of one of these kinds is told as
 * the fault of that part of the request, beside what Box said.
 */
export async function blaming<Answer>(
  fault: Fault,
  kinds: Kinds,
  work: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure && kinds.includes(error.kind))) throw error;
    const { status, message, hint, requestId, headers } = toProblem(error);
    throw new Problem(status, message, { errors: [fault], hint, requestId, headers, cause: error });
  }
}

/** What is said of credentials, as they are handed in, when Box refuses them. */
export const REFUSED_AUTH = { pointer: "/auth", detail: "is refused by Box" };

/** Links, or asks with, the credentials of the request. */
export const withAuth = <Answer>(work: () => Promise<Answer>) =>
  blaming(REFUSED_AUTH, ["unauthorized", "forbidden", "invalid"], work);

/** Looks at the folder that the request names at `pointer`. */
export const lookingAt = <Answer>(pointer: string, work: () => Promise<Answer>) =>
  blaming(
    { pointer, detail: "names no folder that Box shows this account" },
    ["not_found", "invalid"],
    work,
  );
