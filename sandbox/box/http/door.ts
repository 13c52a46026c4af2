import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { HttpBindings } from "@hono/node-server";
import type { Context, MiddlewareHandler } from "hono";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { AppKey } from "../app-key.ts";
import type { Calls, Kind } from "../calls.ts";
import type { Core } from "../core.ts";
import type { Effect, Faults } from "../faults.ts";
import { badRequest, Refusal } from "../refusal.ts";
import type { Login, Tokens } from "../tokens.ts";
import { loginOf, Unauthorized } from "./login.ts";
import { harmsBody, sendRaw } from "./raw-answer.ts";

export interface Env {
  Bindings: HttpBindings;
  Variables: { login: Login; effect: Effect | undefined };
}

export interface Desk {
  core: Core;
  tokens: Tokens;
  appKey: AppKey;
  faults: Faults;
  calls: Calls;
}

export type Door = (kind: Kind, open?: { without: "token" }) => MiddlewareHandler<Env>;

/**
 * What every request passes: it is counted, meets a fault if one is armed for it, and shows its
 * token. The effects that a door does not know are left for the route.
 */
export function createDoor({ core, tokens, faults, calls }: Desk): Door {
  return (kind, open) => async (c, next) => {
    calls.note(kind);
    const url = new URL(c.req.url);
    const effect = faults.take(kind, url.pathname + url.search);
    c.set("effect", effect);
    if (effect?.type === "slow") await sleep(effect.ms);
    if (effect?.type === "reset" && effect.afterBytes === undefined) {
      await sendRaw(c.env.outgoing, { status: 200, headers: {}, body: [] }, effect);
      return RESPONSE_ALREADY_SENT;
    }
    if (effect?.type === "expired_token") throw new Unauthorized();
    if (effect?.type === "html") return c.html(GATEWAY_PAGE, (effect.status ?? 502) as 502);
    if (effect?.type === "status") {
      if (effect.retryAfter !== undefined) c.header("retry-after", String(effect.retryAfter));
      throw new Refusal(effect.status, effect.code ?? codeOf(effect.status), "As arranged");
    }
    if (open === undefined) c.set("login", loginOf(c, core, tokens));
    await next();
    if (!harmsBody(effect)) return undefined;
    const body = new Uint8Array(await c.res.arrayBuffer());
    const headers = { ...Object.fromEntries(c.res.headers), "content-length": body.length };
    await sendRaw(c.env.outgoing, { status: c.res.status, headers, body: [body] }, effect);
    // Hono would carry the old headers over to a new answer.
    c.res = undefined;
    c.res = RESPONSE_ALREADY_SENT;
    return undefined;
  };
}

const CODES: Record<number, string> = {
  403: "access_denied_insufficient_permissions",
  404: "not_found",
  409: "operation_blocked_temporary",
  429: "rate_limit_exceeded",
  500: "internal_server_error",
  503: "unavailable",
};
const codeOf = (status: number) => CODES[status] ?? "bad_request";

const GATEWAY_PAGE =
  "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>";

/** The `fields` that were asked for; `undefined` for the standard form. */
export const fieldsOf = (c: Context): string[] | undefined =>
  c.req
    .query("fields")
    ?.split(",")
    .map((name) => name.trim());

/** Box's own Python client writes `True`. */
export const isAsked = (c: Context, name: string): boolean =>
  c.req.query(name)?.toLowerCase() === "true";

/** A number from the query, held within bounds; 400 when it is none. */
export function numberOf(c: Context, name: string, otherwise: number, most = Infinity): number {
  const text = c.req.query(name);
  if (text === undefined) return otherwise;
  if (!/^\d{1,15}$/.test(text)) throw badRequest(name, `Invalid value '${text}'.`);
  return Math.min(Number(text), most);
}

/** Box answers 405 for an id that does not look like one. */
export function idOf(c: Context, name = "id"): string {
  const id = c.req.param(name) ?? "";
  if (!/^\d+$/.test(id)) throw new Refusal(405, "method_not_allowed", "Method Not Allowed");
  return id;
}

/** In a body: Box takes a number for an id as well. */
export const boxId = z.union([z.string(), z.int().transform(String)]);

/** The JSON body as the schema wants it; 400 names the first field that is wrong. */
export async function bodyOf<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const text = await c.req.text();
  let json: unknown;
  try {
    json = text === "" ? {} : JSON.parse(text);
  } catch {
    throw badRequest("entity-body", "Entity body should be a correctly nested resource JSON");
  }
  const read = schema.safeParse(json);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw badRequest(issue?.path.join(".") ?? "entity-body", issue?.message ?? "Invalid");
}
