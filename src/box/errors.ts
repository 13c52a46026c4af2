import { Failure, type FailureKind } from "../core/failure.ts";
import { fieldsOf, parseJson, textOf } from "./json.ts";

/** An answer that is not what was asked for, and what was asked. */
export interface Refusal {
  /** In words that hold no secret: never an address with a query. */
  asked: string;
  status: number;
  headers: Headers;
  /** As it came: JSON of Box's, HTML of a gateway's, or nothing. */
  text: string;
}

/** Box's own codes where they say more than the status. */
const CODES: Record<string, { kind?: FailureKind; hint: string }> = {
  access_denied_insufficient_permissions: {
    hint: "Invite the account to the folder as Viewer or above: Previewer and Uploader may not download.",
  },
  access_denied_item_locked: { hint: "The item is locked in Box: ask its owner to unlock it." },
  access_from_location_blocked: {
    hint: "A Box Shield rule blocks this place: ask the Box administrator to allow this service.",
  },
  forbidden_by_policy: {
    hint: "A Box Shield policy or malware rule blocks the file: ask the Box administrator.",
  },
  trashed: { hint: "It is in the trash: restore it in Box." },
  insufficient_scope: {
    hint: "The application lacks a scope: tick it under Configuration in Box's Developer Console, then authorise the application again in the Admin Console.",
  },
  terms_of_service_required: {
    kind: "forbidden",
    hint: "Accept the enterprise's terms of service once in Box, signed in as this account.",
  },
  name_temporarily_reserved: { kind: "transient", hint: "Box is still working on this name." },
  operation_blocked_temporary: {
    kind: "transient",
    hint: "Box is still copying, moving or restoring the folder.",
  },
};

/** For trouble that passes, as a rule. */
export const AGAIN = "Tried again by itself. If it lasts, see status.box.com.";

const REDIRECTED =
  "Box redirects nothing but downloads: see that BOX_API_URL is right, and look for a proxy or a sign-in page between this machine and Box. Nothing of the account was sent there.";

const HINTS: Partial<Record<FailureKind, string>> = {
  unauthorized:
    "Box refuses the account's credentials: authorise its application again, or give it new ones. A developer token ends after 60 minutes.",
  forbidden:
    "See that the account is invited to the folder and that the application has the scope.",
  throttled: "Box limits calls per user and minute; the service waits as told.",
  not_ready: "Box is still preparing the content; the service waits as told.",
  not_found:
    "It is gone, in the trash, or not shown to this account: see that the account is invited to its folder.",
  conflict: "Something of that kind is there already.",
  transient: AGAIN,
  invalid:
    "Box does not understand the request, and will not another time: tell Box's support, with the request id.",
};

/**
 * What a refusing answer means for whoever asked, with Box's code and request id for its support.
 * The rules are those of https://developer.box.com/guides/api-calls/permissions-and-errors/; an
 * answer of a gateway's, in HTML or empty, is judged by its status alone.
 */
export function refusalOf({ asked, status, headers, text }: Refusal): Failure {
  const { code, requestId = requestIdIn(headers) } = readErrorBody(text);
  const known = code === undefined ? undefined : CODES[code];
  const kind = known?.kind ?? kindOf(status);
  const said = code === undefined ? String(status) : `${status} ${code}`;
  return new Failure(kind, `Box answered ${said} to ${asked}.`, {
    hint: known?.hint ?? (isRedirect(status) ? REDIRECTED : HINTS[kind]),
    retryAfterMs: retryAfterMs(headers),
    status,
    code,
    requestId,
  });
}

function kindOf(status: number): FailureKind {
  if (status === 202) return "not_ready";
  if (status === 401) return "unauthorized";
  if (status === 403 || status === 451) return "forbidden";
  if (status === 404 || status === 410) return "not_found";
  if (status === 409) return "conflict";
  if (status === 429) return "throttled";
  if (status >= 500 || status === 408 || status === 425 || isRedirect(status)) return "transient";
  return "invalid";
}

const isRedirect = (status: number) => status >= 300 && status <= 399;

/** Box names its request in a header as well, when the body is a gateway's or nobody's. */
export const requestIdIn = (headers: Headers): string | undefined =>
  wordOf(headers.get("box-request-id"));

/** One word, as codes and ids are: a sentence could quote what was sent, and that may be a secret. */
function wordOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text !== undefined && /^[\w.:-]{1,100}$/.test(text) ? text : undefined;
}

/** Errors of the API hold `code`, those of the token address `error`. */
function readErrorBody(text: string) {
  let raw: unknown;
  try {
    raw = parseJson(text);
  } catch {
    raw = undefined;
  }
  const body = fieldsOf(raw);
  return {
    code: wordOf(body["code"]) ?? wordOf(body["error"]),
    requestId: wordOf(body["request_id"]),
  };
}

/** Nobody means longer; and what is no end at all (a year, 10^20) must not become one. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000;

/**
 * `Retry-After` as seconds or as an HTTP date, by the clock of whoever wrote it, a day at most. Of
 * several (a gateway adds its own) the longest holds. A date that has passed is 0; a number that is
 * none, or negative, says nothing.
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^[A-Z]/i.test(text)) {
    const saidAtMs = Date.parse(headers.get("date") ?? "") || Date.now();
    return capped(Date.parse(text) - saidAtMs);
  }
  const seconds = text.split(",").map((one) => one.trim());
  if (!seconds.every((one) => /^\d+(\.\d+)?$/.test(one))) return undefined;
  return capped(Math.max(...seconds.map((one) => Math.ceil(Number(one) * 1000))));
}

const capped = (ms: number) =>
  Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), LONGEST_WAIT_MS);
