import {
  BaseUrls,
  type FetchOptionsInput,
  NetworkSession,
} from "box-typescript-sdk-gen/networking";

import type { BoxApi } from "./api.ts";
import type { CallKind } from "./transport.ts";

/** Runs one method of one of the SDK's managers, and answers with the JSON that Box sent, unread. */
export type Ask = (
  kind: CallKind,
  call: (sdk: { networkSession: NetworkSession }) => Promise<unknown>,
  signal?: AbortSignal,
) => Promise<unknown>;

/**
 * The SDK writes the request, our transport carries it, and we read the answer. The SDK's own reading
 * is left aside on purpose: it throws away a page of a thousand rows for one row of an unexpected
 * type. Its network client, which ignores Retry-After and hangs on a connection cut short, is never
 * used.
 */
export function createAsk(api: BoxApi, apiUrl: string): Ask {
  const baseUrls = new BaseUrls({ baseUrl: apiUrl, uploadUrl: apiUrl, oauth2Url: apiUrl });
  const session = new NetworkSession({ baseUrls });

  return async (kind, call, signal) => {
    let answered: { json: unknown } | undefined;
    const networkClient = {
      async fetch(options: FetchOptionsInput) {
        const json = await api.json({ kind, ...requestOf(options), signal });
        answered = { json };
        return { status: 200, headers: {}, data: json as NonNullable<FetchOptionsInput["data"]> };
      },
    };
    try {
      await call({ networkSession: session.withNetworkClient(networkClient) });
    } catch (error) {
      if (answered === undefined) throw error;
    }
    return answered?.json;
  };
}

function requestOf({ url, method, params, headers, data }: FetchOptionsInput) {
  const address = new URL(url);
  for (const [name, value] of Object.entries(params ?? {})) address.searchParams.set(name, value);
  const request = { url: address.href, method, headers: { ...headers } };
  if (data === undefined) return request;
  return {
    ...request,
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(data),
  };
}
