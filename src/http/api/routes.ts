import { OpenAPIHono, z } from "@hono/zod-openapi";
import { isUuid } from "../../core/ids.ts";
import { Problem } from "../problem.ts";
import { ofFaults } from "./faults.ts";

/** Routes whose requests are checked against their schemas; what does not fit is a 400. */
export const createRoutes = () =>
  new OpenAPIHono({
    defaultHook: (result) => {
      if (!result.success) throw ofFaults(result.target, result.error);
    },
  });

/** What every refusal tells, as `answerProblem` writes it. */
export const problemFields = {
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  errors: z
    .array(
      z.object({
        pointer: z.string().openapi({
          description: "JSON pointer into the body, or `/name` of a query parameter",
        }),
        detail: z.string(),
      }),
    )
    .optional(),
  hint: z.string().optional().openapi({ description: "What to do about it" }),
  requestId: z
    .string()
    .optional()
    .openapi({ description: "Of the request that Box refused: what to quote to its support" }),
};
const problem = z.object(problemFields).openapi("Problem");

const REFUSALS = {
  400: "The request is wrong; `errors` says where",
  401: "The admin token is missing or wrong",
  404: "There is none with this id",
  409: "The name is taken, whatever its case",
  413: "The body is longer than 1 MiB",
  415: "The body is not JSON",
  422: "It cannot be so, or Box does not let it; `hint` says what to do",
  503: "Box, or our database, cannot be reached; try again after `Retry-After` seconds",
} as const;

/** The refusals that a route may answer with, besides 401, 503, and 400 for what it does not take. */
export function refusals<Status extends keyof typeof REFUSALS>(...statuses: Status[]) {
  const content = { "application/problem+json": { schema: problem } };
  const described = [400 as const, 401 as const, 503 as const, ...statuses].map((status) => [
    status,
    { description: REFUSALS[status], content },
  ]);
  return Object.fromEntries(described) as Record<
    Status | 400 | 401 | 503,
    { description: string; content: typeof content }
  >;
}

/** An answer in JSON. */
export const answer = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { "application/json": { schema } },
});

/** A body in JSON, which must be there. */
export const body = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true,
  content: { "application/json": { schema } },
});

/** The id in a path; one that cannot be an id names nothing, so it is a 404 and not a 400. */
export const idInPath = z.object({ id: z.string().openapi({ param: { name: "id", in: "path" } }) });

/** What has an id, and where it is listed. */
const LISTS = {
  account: "accounts",
  source: "sources",
  version: "versions",
  delivery: "deliveries",
  "metadata field": "metadata-fields",
  incident: "incidents?state=all",
};
type Noun = keyof typeof LISTS;

/** The 404 for an id that names nothing, with where those are listed that do. */
export const noSuch = (noun: Noun) =>
  new Problem(404, `There is no such ${noun}`, {
    hint: `GET /api/${LISTS[noun]} lists those that there are.`,
  });

/** An id of ours as a path has it. Throws the 404 when it cannot be one. */
export function ourId(noun: Noun, id: string): string {
  if (!isUuid(id)) throw noSuch(noun);
  return id;
}

/** What `find` found under an id of ours. Throws the 404 when there is nothing. */
export async function found<Row>(
  noun: Noun,
  id: string,
  find: (id: string) => Promise<Row | undefined>,
): Promise<Row> {
  const row = await find(ourId(noun, id));
  if (row === undefined) throw noSuch(noun);
  return row;
}

/** The same where ids are numbers. */
export async function foundByNumber<Row>(
  noun: Noun,
  id: string,
  find: (id: number) => Promise<Row | undefined>,
): Promise<Row> {
  const row = /^\d{1,18}$/.test(id) ? await find(Number(id)) : undefined;
  if (row === undefined) throw noSuch(noun);
  return row;
}
