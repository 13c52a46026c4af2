import { Failure } from "../core/failure.ts";
import type { Tokens } from "./tokens.ts";
import { refusalOf, requestIdIn, retryAfterMs } from "./errors.ts";
import { parseJson } from "./json.ts";
import { readText } from "./body.ts";
import type { BoxAnswer, BoxRequest, Transport } from "./transport.ts";

export interface BoxApi {
  /**
   * Sends as the account. A token that Box refuses is replaced and the request repeated, once;
   * a second refusal throws `unauthorized`. No other status is judged here.
   */
  send(request: BoxRequest): Promise<BoxAnswer>;
  /** The answer's JSON, nothing rounded; `undefined` for one without a body. Throws what Box refuses. */
  json(request: BoxRequest): Promise<unknown>;
}

/**
 * Counts calls of Box's API: asked before each, told of each that Box refused as one too many. What
 * goes elsewhere (a content host, the token address) is not its matter.
 */
export interface Meter {
  /** Waits until the call may be made; throws `throttled` or `stopped` when it may not. */
  admit(signal?: AbortSignal): Promise<void>;
  throttled(retryAfterMs: number | undefined): Promise<void>;
}

/** One account's API: its calls carry its token, and go through the meter where there is one. */
export function createApi(transport: Transport, tokens: Tokens, meter?: Meter): BoxApi {
  const sendAs = async (token: string, request: BoxRequest) => {
    await meter?.admit(request.signal);
    const headers = { ...request.headers, authorization: `Bearer ${token}` };
    const answer = await transport.send({ ...request, headers });
    if (answer.status === 429) await meter?.throttled(retryAfterMs(answer.headers));
    return answer;
  };

  async function send(request: BoxRequest): Promise<BoxAnswer> {
    const token = await tokens.get();
    const answer = await sendAs(token, request);
    if (answer.status !== 401) return answer;
    const failure = await refused(request, answer);
    tokens.drop(token);
    const renewed = await tokens.get();
    if (renewed === token) throw failure;
    const repeated = await sendAs(renewed, request);
    if (repeated.status === 401) throw await refused(request, repeated);
    return repeated;
  }

  async function json(request: BoxRequest): Promise<unknown> {
    const answer = await send(request);
    if (answer.status < 200 || answer.status > 299) throw await refused(request, answer);
    const text = await readText(answer);
    if (text === "") return undefined;
    try {
      return parseJson(text);
    } catch {
      const { status } = answer;
      const asked = askedOf(request);
      throw new Failure("transient", `Box answered ${asked} with something that is not JSON.`, {
        hint: NOT_BOX,
        status,
        requestId: requestIdIn(answer.headers),
      });
    }
  }

  return { send, json };
}

/** What an answer that is not the one asked for means. Consumes its body. */
export async function refused(request: BoxRequest, answer: BoxAnswer): Promise<Failure> {
  // A refusal that is cut short is a refusal still.
  const text = await readText(answer).catch(() => "");
  return refusalOf({ ...answer, text, asked: askedOf(request) });
}

/** Method and path: a query may hold a signature. */
function askedOf({ method, url }: BoxRequest): string {
  return `${method} ${new URL(url).pathname}`;
}

/** Box's 404 as an ordinary answer. */
export async function orAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Failure && error.kind === "not_found") return undefined;
    throw error;
  }
}

/** The reading of an answer, or `transient` for one that is not what was asked for. */
export function expected<T>(reading: T | undefined, what: string): T {
  if (reading !== undefined) return reading;
  throw new Failure("transient", `Box answered with something that is not ${what}.`, {
    hint: NOT_BOX,
  });
}

const NOT_BOX =
  "Tried again by itself. If it lasts, see that BOX_API_URL is Box's, and look for a proxy that answers in its place.";
