import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { readBody } from "../body.ts";
import { pointerTo, Problem } from "../problem.ts";
import { NO_FIELD, NO_PARAMETER, WHAT_IS_TAKEN } from "./faults.ts";
import type { createRoutes } from "./routes.ts";

type Routes = ReturnType<typeof createRoutes>;

/** Far above any body that a person writes; ten thousand ids of failures are half of it. */
const LARGEST_BODY_BYTES = 1 << 20;

/** Reads the body once, counted as it comes, before anything looks at it. */
export const capBody: MiddlewareHandler = async (c, next) => {
  const { url, method, headers } = c.req.raw;
  if (method !== "GET" && method !== "HEAD") {
    const bytes = Buffer.from(await readBody(c.req.raw, LARGEST_BODY_BYTES));
    const isJson = headers.get("content-type")?.includes("json") ?? false;
    if (isJson && bytes.length > 0) checkJson(bytes);
    // Clients that say JSON for every request send nothing where nothing is needed.
    const body = isJson && bytes.length === 0 ? "{}" : bytes;
    c.req.raw = new Request(url, { method, headers, body });
  }
  await next();
};

/** Throws a problem that says from where on a body is no JSON, which is UTF-8 (RFC 8259, section 8.1). */
function checkJson(bytes: Uint8Array) {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    // Not the parser's own words: they quote the body, and that may hold secrets.
    const words = error instanceof Error ? error.message : "";
    const [, line, column] = /\(line (\d+) column (\d+)\)/.exec(words) ?? [];
    const place = line === undefined ? "" : ` from line ${line}, column ${column} on`;
    const detail = words.includes("end of JSON")
      ? "ends before it is complete"
      : `cannot be read${place}`;
    throw new Problem(400, "The body is not JSON in UTF-8", {
      errors: [{ pointer: "", detail }],
      hint: "Send one JSON object, uncompressed, as /api/openapi.json describes it.",
    });
  }
}

/** What takes no parameter, or no body, refuses any, as what takes some refuses others. */
export function refuseUnasked(api: Routes): MiddlewareHandler {
  return async (c, next) => {
    const paths = new Set(matchedRoutes(c).map(({ path }) => path));
    const route = routesOf(api).find(
      ({ method, path }) =>
        method.toUpperCase() === c.req.method && paths.has(`/api${inHono(path)}`),
    );
    if (route && !route.request?.query)
      refuse("query", [...new Set(new URL(c.req.url).searchParams.keys())], NO_PARAMETER);
    if (route && !route.request?.body) refuse("body", fieldsOf(await c.req.text()), NO_FIELD);
    return next();
  };
}

function refuse(part: string, names: readonly string[], detail: string) {
  if (names.length === 0) return;
  const errors = names.map((name) => ({ pointer: name && pointerTo([name]), detail }));
  throw new Problem(400, `The ${part} is wrong`, { errors, hint: WHAT_IS_TAKEN });
}

/** The fields of a body; what is no object is one without a name. Clients send `{}` for nothing. */
function fieldsOf(body: string): string[] {
  if (body === "") return [];
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? Object.keys(value) : [""];
  } catch {
    return [""];
  }
}

const routesOf = (api: Routes) =>
  api.openAPIRegistry.definitions.flatMap((one) => (one.type === "route" ? [one.route] : []));
const inHono = (path: string) => path.replaceAll(/\{(\w+)\}/g, ":$1");

/** A path that is known by other methods says so, rather than that it does not exist. */
export function refuseOtherMethods(api: Routes) {
  const methods = new Map<string, string[]>();
  for (const { path, method } of routesOf(api))
    methods.set(path, [...(methods.get(path) ?? []), method.toUpperCase()]);
  for (const [path, known] of methods)
    api.all(inHono(path), () => {
      const allow = known.join(", ");
      throw new Problem(405, `Only ${allow}`, {
        hint: "GET /api/openapi.json describes what each address answers.",
        headers: { allow },
      });
    });
}
