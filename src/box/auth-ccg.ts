import { type Grant, requestGrant } from "./auth-grant.ts";
import type { BoxCredentials } from "./credentials.ts";
import { hintForServer } from "./grant-hints.ts";
import type { Transport } from "./transport.ts";

type CcgCredentials = Extract<BoxCredentials, { kind: "ccg" }>;

/**
 * A token by the Client Credentials Grant:
 * https://developer.box.com/guides/authentication/client-credentials/. It lives about an hour, and
 * whoever has the credentials may ask for the next.
 */
export function requestByClient(
  transport: Transport,
  oauthUrl: string,
  { clientId, clientSecret, subject, subjectId }: CcgCredentials,
): Promise<Grant> {
  return requestGrant({
    transport,
    oauthUrl,
    form: {
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: clientSecret,
      box_subject_type: subject,
      box_subject_id: subjectId,
    },
    hintFor: (refusal) => hintForServer({ kind: "ccg", subject }, refusal),
  });
}
